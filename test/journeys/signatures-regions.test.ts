// Signatures of replicas: each Region of KMS counts for itself, and the home Region's functions sign there as well.
import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyName } from '#core/keys/find-key.ts';
import { idIn } from '#core/lib/key-arn.ts';
import { throttled } from '#infra/local/aws/endpoint.ts';
import { accessKeyOf } from '#infra/local/aws/iam/access-keys.ts';
import { region as home } from '#infra/local/gateway/lambda/variables.ts';
import { countingForDays, someTimeAgo } from '#test/support/counting.ts';
import { type Operating, operating } from '#test/support/operating.ts';
import { running } from '#test/support/running.ts';

const away = 'eu-west-1';
const run = running({ ...someTimeAgo, config: { dpop: { replicaRegions: [away] } } });
let operator: Operating;
let key: string;
beforeAll(async () => {
  operator = operating(run.system);
  await countingForDays(run, operator, 30);
  expect(await operator.operate({ action: 'replicate' })).toMatchObject({ code: 'replicated' });
  key = await operator.active('dpop');
});
afterAll(() => operator?.close());

interface Line {
  key: string;
  region: string;
  kms?: number;
  signed: number;
  foreign: number;
  finding: string;
}
async function compared() {
  const outcome = await operator.operate({ action: 'signatures' });
  const lines = outcome.signatures as Line[];
  const own = lines.filter((line) => line.key === keyName(key));
  return {
    outcome,
    home: own.find((line) => line.region === home),
    away: own.find((line) => line.region === away),
  };
}

test('what a replica signs for us is accounted for in its own Region', async () => {
  const ada = await run.signedIn();
  run.kms.faults.fault = ({ region }) => (region === home ? throttled : undefined);
  for (let n = 0; n < 5; n++) expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);
  const found = await compared();
  expect(found.outcome).toMatchObject({ status: 'done', problems: [] });
  expect(found.away).toMatchObject({ kms: 5, signed: 5, foreign: 0, finding: 'balanced' });
  expect(found.home?.kms).toBeGreaterThan(0);
});

test('who signs with a replica beside us is found, with the Region', async () => {
  const thief = new KMSClient({
    endpoint: run.kms.url,
    region: away,
    credentials: { accessKeyId: accessKeyOf('auth'), secretAccessKey: 'stolen' },
  });
  for (let n = 0; n < 30; n++) {
    await thief.send(
      new SignCommand({
        KeyId: idIn(away, key),
        Message: Buffer.alloc(32, n),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
    );
  }
  thief.destroy();
  const found = await compared();
  expect(found.away).toMatchObject({ foreign: 30, finding: 'foreign' });
  expect(found.home).toMatchObject({ foreign: 0, finding: 'balanced' });
});
