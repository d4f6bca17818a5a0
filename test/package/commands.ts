// The package's own commands, from an app that has nothing but the package, under each Node that is here. Tests of
// package.test.ts, which is the one file that packs.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { visitor } from '#test/support/visitor.ts';
import { nodes } from './cdk-app.ts';
import { packedApp } from './packed.ts';

export function commands() {
  let app: Awaited<ReturnType<typeof packedApp>>;
  let system: System;
  beforeAll(async () => {
    [app, system] = await Promise.all([packedApp({}, tmpdir()), startSystem({ environment: {} })]);
  }, 300_000);
  afterAll(async () => {
    await Promise.all([app?.[Symbol.asyncDispose](), system?.close()]);
  });

  interface Said {
    code: number;
    out: string;
    err: string;
  }

  const ran = (program: string, args: string[]): Promise<Said> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, HOME: app.folder, AWS_EC2_METADATA_DISABLED: 'true' };
      execFile(program, args, { cwd: app.folder, env }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
      );
    });

  describe.each([...nodes])('with Node %s', (_version, node) => {
    const command = (...args: string[]) =>
      ran(node, [join(app.folder, 'node_modules/okta-dpop-bff/dist/cli/index.mjs'), ...args]);
    const local = () => ['--local', new URL(system.gateway.lambdaUrl).port];

    test('the operator looks at a system and ends a session', async () => {
      const ada = visitor(system.url);
      await ada.signIn();
      const status = await command('operator', 'status', ...local());
      expect([status.code, status.out]).toEqual([0, expect.stringMatching(/\nAll is well\.\n$/)]);
      const refused = await command('operator', 'sessions', 'revoke', '--all', ...local());
      expect(refused.code).toBe(2);
      const [line = ''] = /npx okta-dpop-bff operator .*/.exec(refused.err) ?? [];
      expect(line).toBe(
        `npx okta-dpop-bff operator sessions revoke --all ${local().join(' ')} --reason '<why>' --yes`,
      );
      const done = await command(...line.replace("'<why>'", 'incident-7').split(' ').slice(2));
      expect(done).toMatchObject({ code: 0, out: '1 session ended.\n' });
      expect((await ada.fetch('/bff/session')).json()).toEqual({ authenticated: false });
    });

    test('the doctor finds a system in order, and reads cdk.json of the folder it is called in', async () => {
      const flags = (['issuer', 'clientId', 'publicOrigin'] as const).flatMap((name) => [
        '-c',
        `${name}=${system.config[name]}`,
      ]);
      const healthy = await command('doctor', ...flags, '-c', `scopes=${system.config.scopes}`);
      expect([healthy.code, healthy.out]).toEqual([0, expect.stringMatching(/, 0 wrong\n$/)]);
      const none = await command('doctor');
      expect(none.code).toBe(2);
      expect(none.err).toContain(`${join(app.folder, 'cdk.json')} has no context > bff`);
    });

    test('a target that cannot be reached is one line', async () => {
      const { code, err } = await command(
        'operator',
        'status',
        '--stack',
        'x',
        '--region',
        'eu-west-1',
      );
      expect(code).toBe(1);
      expect(err).toMatch(/^error: no AWS credentials were found: .*\n$/m);
    });
  });

  test('npx finds them by the name of the package', async () => {
    const { version } = JSON.parse(
      await readFile(join(app.folder, 'node_modules/okta-dpop-bff/package.json'), 'utf8'),
    );
    expect(await ran('npx', ['--no-install', 'okta-dpop-bff', '--version'])).toMatchObject({
      code: 0,
      out: `${version}\n`,
    });
    const help = await ran('npx', ['--no-install', 'okta-dpop-bff', 'doctor', '--help']);
    expect(help.out).toContain('npx okta-dpop-bff doctor [options]');
    expect(await ran('npx', ['--no-install', 'okta-dpop-bff', 'docter'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean doctor?'),
    });
  });

  test('the licences of what is bundled come with it', async () => {
    const text = await readFile(
      join(app.folder, 'node_modules/okta-dpop-bff/dist/cli/third-party-licences.txt'),
      'utf8',
    );
    for (const name of ['@aws-sdk/client-lambda', 'zod']) expect(text).toContain(name);
  });
}
