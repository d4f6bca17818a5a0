// The published construct, `okta-dpop-bff/cdk`: one ES module in dist/cdk, and beside it the functions, ready bundled,
// where code.ts looks for them.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle, root } from './bundle.ts';
import { declarations } from './declarations.ts';
import { type FunctionName, functions } from './functions.ts';
import { licences } from './licences.ts';

/** What a CDK app has anyway, and only once: constructs of two copies do not fit together. */
const external = ['aws-cdk-lib', 'constructs'];

async function buildConstruct(): Promise<void> {
  const dist = { construct: join(root, 'dist/cdk'), functions: join(root, 'dist/functions') };
  for (const folder of Object.values(dist)) await rm(folder, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: { index: 'infra/aws/index.ts' },
    outdir: dist.construct,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    external,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    absWorkingDir: root,
  });
  await declarations('infra/aws/index.ts', join(dist.construct, 'types'), external);
  const sources = new Set(Object.keys(metafile.inputs));
  for (const name of Object.keys(functions) as FunctionName[]) {
    for (const source of (await bundle(name, dist.functions)).sources) sources.add(source);
  }
  await writeFile(join(dist.construct, 'third-party-licences.txt'), await licences(sources));
}

if (import.meta.main) await buildConstruct();
