// The commands that a person would type: the CDK's and the operator's.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from '#infra/bundle.ts';
import { type ListedKey, placeholder, type Trial } from './trial.ts';

export interface Environment {
  name: string;
  profile: string;
  region: string;
  issuer: string;
  clientId: string;
  signal: AbortSignal;
  /** Where the commands are. */
  home?: string;
}

export function commandsFor({
  signal,
  home = root,
  ...given
}: Environment): Pick<Trial, 'deploy' | 'destroy' | 'operator' | 'keys'> {
  const { name, profile, region, issuer, clientId } = given;
  const where = ['--stack', name, '--region', region, '--profile', profile];

  async function run(file: string, ...args: string[]): Promise<void> {
    console.log(`\n$ ${file} ${args.join(' ')}`);
    const child = spawn(process.execPath, [join(home, file), ...args], {
      cwd: home,
      stdio: 'inherit',
    });
    const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
    if (code !== 0) throw new Error(`${file} ${args[0]} ended with ${code}`);
  }

  /** https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html */
  const cdk = (publicOrigin: string, ...args: string[]) => {
    const context = {
      name,
      region,
      issuer,
      clientId,
      publicOrigin,
      removalPolicy: 'destroy',
      alarms: 'false',
      reserveConcurrency: 'false',
    };
    const fields = Object.entries(context).flatMap(([field, value]) => ['-c', `${field}=${value}`]);
    return run('node_modules/aws-cdk/bin/cdk', ...args, ...fields);
  };

  return {
    async deploy(publicOrigin) {
      signal.throwIfAborted();
      const folder = await mkdtemp(join(tmpdir(), 'bff-aws-'));
      const file = join(folder, 'outputs.json');
      try {
        const approved = ['--require-approval', 'never', '--outputs-file', file];
        await cdk(publicOrigin, 'deploy', '--all', ...approved);
        signal.throwIfAborted();
        // By the stack's name: https://www.npmjs.com/package/aws-cdk, "cdk deploy", shows such a file.
        return JSON.parse(await readFile(file, 'utf8'))[name] ?? {};
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },

    destroy: () => cdk(placeholder, 'destroy', '--all', '--force'),

    async operator(...words) {
      signal.throwIfAborted();
      await run('infra/operator/main.ts', ...words, ...where);
      signal.throwIfAborted();
    },

    async keys(): Promise<ListedKey[]> {
      const command = [join(home, 'infra/operator/main.ts'), 'keys', 'list', '--json', ...where];
      const child = spawn(process.execPath, command, {
        cwd: home,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return JSON.parse(await text(child.stdout)).keys;
    },
  };
}
