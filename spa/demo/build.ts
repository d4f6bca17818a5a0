// Builds the demo into a folder that any static host can serve. Names below assets/ contain a hash of the content, so
// that those files may be cached indefinitely.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;

/** `entry` replaces the start file that is deployed, and may add pages of its own. */
export async function bundleDemo(outDir: string, entry = join(here, 'main.ts')): Promise<void> {
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    entryPoints: { main: entry },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    entryNames: 'assets/[name]-[hash]',
    outdir: outDir,
    metafile: true,
  });
  let page = await readFile(join(here, 'index.html'), 'utf8');
  for (const path of Object.keys(metafile.outputs)) {
    const name = basename(path);
    page = page.replace(`"/${name.replace(/-[A-Z0-9]{8}\./, '.')}"`, `"/assets/${name}"`);
  }
  await writeFile(join(outDir, 'index.html'), page);
  await copyFile(join(here, 'icon.svg'), join(outDir, 'icon.svg'));
}
