// What is published beside the client: the construct, `okta-dpop-bff/cdk`, as one ES module in dist/cdk, with the functions,
// ready bundled, where code.ts looks for them (what they share, once); the check for APIs, `okta-dpop-bff/verify`, in dist/verify; and the commands,
// `npx okta-dpop-bff`, with all that they need.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle, bundleOptions, root } from './bundle.ts';
import { declarations } from './declarations.ts';
import { type BundleName, bundled } from './functions.ts';
import { licences } from './licences.ts';
import { shareEqualFiles } from './share.ts';

/**
 * Every CDK app already has these. There must be only one copy, because constructs of two copies do not work together.
 */
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
  for (const name of Object.keys(bundled) as BundleName[]) {
    for (const source of (await bundle(name, dist.functions)).sources) sources.add(source);
  }
  await shareEqualFiles(dist.functions);
  await writeFile(join(dist.construct, 'third-party-licences.txt'), await licences(sources));
}

/** Its one library comes from the API's own installation, which gets its updates that way. */
async function buildVerify(): Promise<void> {
  const outdir = join(root, 'dist/verify');
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: { index: 'shared/verify/index.ts' },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['jose'],
    charset: 'utf8',
    absWorkingDir: root,
  });
  await declarations('shared/verify/index.ts', join(outdir, 'types'), ['jose', 'node:crypto']);
}

async function buildCommands(): Promise<void> {
  const folder = join(root, 'dist/cli');
  await rm(folder, { recursive: true, force: true });
  const { plugins: _onlyOfFunctions, banner, ...options } = bundleOptions;
  const { metafile } = await build({
    ...options,
    entryPoints: { index: 'infra/cli.ts' },
    outdir: folder,
    // Like the construct: what "engines" in package.json promises.
    target: 'node20',
    banner,
    metafile: true,
  });
  await writeFile(
    join(folder, 'third-party-licences.txt'),
    await licences(Object.keys(metafile.inputs)),
  );
}

if (import.meta.main) {
  await buildConstruct();
  await buildVerify();
  await buildCommands();
}
