// The functions' code as assets: bundled here from the sources, or taken from the package.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { BundleName } from '../../functions.ts';
import type { Shared } from '../../share.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** Next to the published construct, which is one file, dist/cdk/index.js: dist/functions. */
const published = join(here, '../functions');
const sources = join(here, '../../../functions');

/** `files` are placed beside the code, by name. */
export function code(name: BundleName, files: Record<string, string> = {}): Code {
  const isReady = existsSync(join(published, name, 'index.mjs'));
  return Code.fromAsset(isReady ? join(published, name) : sources, {
    // Of what is uploaded, wherever it was put together.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled, because the local bundling below always does the work.
      image: DockerImage.fromRegistry('none'),
      // The CDK treats assets of the same folder with the same options as one: name and files tell them apart.
      environment: { FUNCTION: name, ...files },
      local: {
        tryBundle(folder) {
          if (isReady) putTogether(name, folder);
          else cpSync(join(bundles(), name), folder, { recursive: true });
          for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
          return true;
        },
      },
    },
  });
}

/** In the package, files that several functions have are there once. */
function putTogether(name: BundleName, folder: string): void {
  const shared: Shared = JSON.parse(readFileSync(join(published, 'shared.json'), 'utf8'));
  cpSync(join(published, name), folder, { recursive: true });
  for (const file of shared[name] ?? [])
    cpSync(join(published, 'shared', file), join(folder, file));
}

let made: string | undefined;

/** All at once, in a process of its own, because synthesis cannot wait for a promise. */
function bundles(): string {
  if (made) return made;
  const folder = mkdtempSync(join(tmpdir(), 'okta-dpop-bff-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync(process.execPath, [join(here, '../../bundle.ts'), folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  made = folder;
  return folder;
}
