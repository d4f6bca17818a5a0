// The operator's own command as a child process, with an AWS profile as people have it: credentials, a Region and an
// endpoint in the shared files, and nothing in the environment.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from '#infra/bundle.ts';

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export interface OperatorCommand {
  run(line: string): Promise<Said>;
  json(line: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** `profiles`: what the shared config file has, by name. */
export async function operatorCommand(
  profiles: Record<string, Record<string, string>>,
): Promise<OperatorCommand> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-operator-'));
  const config = join(folder, 'config');
  await writeFile(
    config,
    Object.entries(profiles)
      .flatMap(([name, settings]) => [
        `[profile ${name}]`,
        ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`),
      ])
      .join('\n'),
    { mode: 0o600 },
  );
  const run = async (line: string): Promise<Said> => {
    const command = join(root, 'infra/operator/main.ts');
    const child = spawn(process.execPath, [command, ...line.split(' ')], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_CONFIG_FILE: config,
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    });
    const exit = once(child, 'exit');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await exit;
    return { code, out, err };
  };
  return {
    run,
    json: async (line) => JSON.parse((await run(`${line} --json`)).out),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
