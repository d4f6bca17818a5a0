// The CDK's own command, against the emulator.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';

const run = promisify(execFile);

export type Outputs = Record<string, Record<string, string>>;

/** `project`: where the command runs, and what it deploys if that is not what cdk.json says. */
export function cdkFor(
  endpoint: string,
  context: Record<string, string>,
  region = 'us-east-1',
  project: { folder?: string; app?: string } = {},
) {
  const given = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    // The command remembers the account by this id.
    AWS_ACCESS_KEY_ID: 'bff-deploy-test',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };

  const whatTo = (folder: string, args: string[]) => {
    if (project.app) return ['--app', project.app];
    return args.includes('--output') ? [] : ['--output', folder];
  };

  async function cdk(...args: string[]): Promise<string> {
    const command = join(root, 'node_modules/aws-cdk/bin/cdk');
    const folder = await mkdtemp(join(tmpdir(), 'bff-deploy-out-'));
    try {
      const { stdout, stderr } = await run(
        process.execPath,
        [command, ...args, '--no-notices', ...whatTo(folder, args), ...given],
        { cwd: project.folder ?? root, env: environment, maxBuffer: 50_000_000 },
      );
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`cdk ${args[0]} failed:\n${(stdout + stderr).slice(-4000)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    bootstrap: () =>
      cdk(
        'bootstrap',
        ...[...new Set([region, 'us-east-1'])].map((one) => `aws://000000000000/${one}`),
      ),
    cdk,
    async deploy(): Promise<{ said: string; outputs: Outputs }> {
      const folder = await mkdtemp(join(tmpdir(), 'bff-deploy-outputs-'));
      const file = join(folder, 'outputs.json');
      try {
        const said = await cdk(
          'deploy',
          '--all',
          '--require-approval',
          'never',
          '--outputs-file',
          file,
        );
        const text = await readFile(file, 'utf8').catch(() => '{}');
        return { said, outputs: JSON.parse(text) };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    destroy: () => cdk('destroy', '--all', '--force'),
  };
}
