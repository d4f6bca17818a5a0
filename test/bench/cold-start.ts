// What importing a bundle costs in a fresh process, beside importing the two bare SDK clients.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundleOptions } from '#infra/bundle.ts';
import { median } from './load.ts';

const rounds = 21;

export async function coldStart(file: string, folder: string): Promise<number> {
  const bare = join(folder, 'bare', 'stdin.mjs');
  await build({
    ...bundleOptions,
    stdin: {
      contents:
        "export { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'; export { KMSClient, SignCommand } from '@aws-sdk/client-kms';",
      resolveDir: bundleOptions.absWorkingDir,
    },
    outdir: join(folder, 'bare'),
  });
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.ours.push(await importTime(file));
    times.bare.push(await importTime(bare));
  }
  return median(times.ours) / median(times.bare);
}

async function importTime(file: string): Promise<number> {
  const code =
    'const start = performance.now(); await import(process.argv[1]); console.log(performance.now() - start)';
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    code,
    file,
  ]);
  return Number(stdout);
}
