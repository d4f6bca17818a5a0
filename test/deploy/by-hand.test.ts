// What the guides tell an administrator to type when there is no command for it. bash runs the lines out of the pages
// themselves. The emulator does not enforce policies, so whether a step is needed is not shown here: that each line can
// be typed, and what it leaves, is.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadOrigin } from '#test/support/loopback.ts';
import { awsFor, missingAws } from './aws.ts';
import { cdkFor } from './cdk.ts';
import { type Emulator, missing, startEmulator } from './emulator.ts';
import { blocksBelow, missingShell, shellFor } from './shell.ts';

const reason = (await missing()) ?? (await missingAws()) ?? (await missingShell());
if (reason) console.log(`test:deploy: skipped, ${reason}`);

const stack = 'okta-dpop-bff-state';

describe.skipIf(reason)('the stack with the table and the keys', () => {
  let emulator: Emulator;
  let folder: string;
  let aws: ReturnType<typeof awsFor>['aws'];
  let shell: ReturnType<typeof shellFor>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bff-by-hand-'));
    emulator = await startEmulator(Number(new URL(await deadOrigin()).port));
    ({ aws } = awsFor(emulator.url));
    const app = join(folder, 'app');
    await cdkFor(emulator.url, {
      issuer: 'https://acme.okta.com',
      clientId: 'by-hand',
      publicOrigin: 'https://app.acme.com',
    }).cdk('synth', '--quiet', '--output', app);
    await cdkFor(emulator.url, {}, 'us-east-1', { app }).bootstrap();
    shell = shellFor(emulator.url, folder, app);
    await shell(`npx cdk deploy ${stack}`);
  });

  afterAll(async () => {
    await emulator?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('a restored table takes the place of the old one by the third step of the guide', async () => {
    const [table = ''] = await aws<string[]>('dynamodb list-tables --query TableNames');
    const restored = `${table}-restored`;
    await aws(
      `dynamodb restore-table-to-point-in-time --source-table-name ${table} --target-table-name ${restored} --use-latest-restorable-time`,
    );
    const [step = ''] = blocksBelow('docs/deploy.md', '### Restore the table');
    await shell(step, { 'T-restored': restored });
    const resources = await aws<string[]>(
      `cloudformation describe-stack-resources --stack-name ${stack} --query StackResources[?contains(ResourceType,'Table')].PhysicalResourceId`,
    );
    expect(resources).toEqual([restored]);
    const outputs = await aws<string[]>(
      `cloudformation describe-stacks --stack-name ${stack} --query Stacks[0].Outputs[].OutputValue`,
    );
    expect(outputs).toContain(restored);
    expect(outputs).not.toContain(table);
    expect(await aws<string[]>('dynamodb list-tables --query TableNames')).toEqual([
      table,
      restored,
    ]);
  });

  test('the lines for a leaked role take its rights and the key away, and give them back', async () => {
    const keys = await aws<string[]>('kms list-keys --query Keys[].KeyId');
    const KEY = keys.find((id) => id.startsWith('mrk-')) ?? '';
    const role = 'okta-dpop-bff-us-east-1-keys';
    await aws(`iam create-role --role-name ${role} --assume-role-policy-document {}`);
    const policies = () => aws(`iam list-role-policies --role-name ${role} --query PolicyNames`);
    const state = () => aws(`kms describe-key --key-id ${KEY} --query KeyMetadata.KeyState`);
    const effects = async () => {
      const get = `kms get-key-policy --key-id ${KEY} --policy-name default --query Policy`;
      const { Statement } = JSON.parse(await aws<string>(get)) as {
        Statement: { Effect: string }[];
      };
      return Statement.map(({ Effect }) => Effect);
    };
    const before = await effects();
    expect(before).toContain('Deny');
    const [stop = '', restore = ''] = blocksBelow(
      'docs/operations.md',
      '### Break-glass: the role of `keys` itself leaked',
    );
    const set = (lines: string) => `KEY=${KEY} ROLE=${role}\n${lines}`;
    const blanks = { '<stack>-<Region>': 'okta-dpop-bff-us-east-1', '<id of the key>': KEY };

    await shell(set(stop), blanks);
    expect([await policies(), await state()]).toEqual([['break-glass'], 'Disabled']);
    expect(await effects()).toEqual(before.filter((effect) => effect !== 'Deny'));

    const said = await shell(set(restore), blanks);
    expect(said).toContain('npm run operator -- keys rotate');
    expect([await policies(), await effects()]).toEqual([[], before]);
  });
});
