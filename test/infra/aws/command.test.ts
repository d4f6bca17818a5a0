// The command of the README, as a newcomer runs it: no account, no Region, no credentials.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { digestsOf } from '#test/support/digests.ts';

const run = promisify(execFile);

/** Without this machine's AWS settings, and without an address to ask for any. */
const bareEnvironment = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
};

const enough = {
  issuer: 'https://example.okta.com',
  clientId: 'x',
  publicOrigin: 'https://app.example.com',
};

async function synth(context: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'bff-command-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const given = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  const { stdout, stderr } = await run(
    process.execPath,
    [cdk, 'synth', '--quiet', '--no-notices', '--output', folder, ...given],
    { cwd: root, env: bareEnvironment },
  );
  return { folder, said: stdout + stderr };
}

test('two runs give the same files byte for byte, bundles included', {
  timeout: 600_000,
}, async () => {
  const made = async () => digestsOf((await synth(enough)).folder);
  const [first, second] = await Promise.all([made(), made()]);
  expect(second).toEqual(first);
  expect(Object.keys(first).filter((path) => path.endsWith('/index.mjs'))).toHaveLength(5);
});

test('a wrong context ends the command and is named, all of it', { timeout: 300_000 }, async () => {
  const failed = await synth({ issuer: 'http://example.okta.com', logDays: '31' }).then(
    () => undefined,
    (error: { code: number; stderr: string }) => error,
  );
  expect(failed?.code).toBe(1);
  for (const field of ['issuer', 'clientId', 'publicOrigin', 'logDays']) {
    expect(failed?.stderr).toContain(`- ${field === 'logDays' ? 'deployment.' : ''}${field}: `);
  }
  expect(failed?.stderr).not.toContain('    at ');
});
