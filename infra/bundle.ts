// Bundles a function the same way for AWS and for this machine.
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { type BundleName, bundled } from './functions.ts';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files of undici that never run here: parsers other than SIMD llhttp, HTTP/2, and bodies that are not bytes. */
const unusedOfUndici = [
  'milo/.*',
  'llhttp/llhttp-wasm',
  'dispatcher/client-h2',
  'web/fetch/body',
  'web/fetch/formdata',
  'web/webidl/index',
];

const leanUndici: Plugin = {
  name: 'lean-undici',
  setup({ onLoad }) {
    const paths = ['', 'undici', 'lib', `(?:${unusedOfUndici.join('|')})\\.js$`].join('/');
    onLoad({ filter: new RegExp(paths.replaceAll('/', '[\\\\/]')) }, () => ({
      contents: 'module.exports = undefined',
    }));
  },
};

export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  // A dynamic import becomes a file beside the bundle, and is loaded when needed.
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: '[name]-[hash]',
  // The SDK's CommonJS builds are half as large again and break in ESM.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  charset: 'utf8',
  // undici is CommonJS and loads node: modules with require.
  banner: {
    js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);",
  },
  plugins: [leanUndici],
  absWorkingDir: root,
} as const satisfies BuildOptions;

export interface Bundle {
  /** The folder to deploy. It holds index.mjs and the files that it loads. */
  folder: string;
  file: string;
  /** The size of everything that is loaded at the start. */
  bytes: number;
  /** Paths of the source files. */
  sources: string[];
}

export async function bundle(name: BundleName, outDir: string): Promise<Bundle> {
  const folder = join(outDir, name);
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints: { index: bundled[name].entry },
    outdir: folder,
    metafile: true,
  });
  const file = join(folder, 'index.mjs');
  const bytes = bytesAtStart(metafile, relative(root, file));
  return { folder, file, bytes, sources: Object.keys(metafile.inputs) };
}

/** An output and its imports, without dynamic ones. */
function bytesAtStart({ outputs }: Metafile, entry: string, seen = new Set<string>()): number {
  // Two of its imports may share a third.
  if (seen.has(entry)) return 0;
  seen.add(entry);
  const { bytes = 0, imports = [] } = outputs[entry] ?? {};
  const more = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
  return more.reduce(
    (sum, { path }) => sum + bytesAtStart({ outputs } as Metafile, path, seen),
    bytes,
  );
}

/** `node infra/bundle.ts <folder>`: for callers that cannot wait for a promise, such as a CDK app during synthesis. */
if (import.meta.main) {
  const [, , folder] = process.argv;
  if (!folder) throw new Error('usage: node infra/bundle.ts <folder>');
  for (const name of Object.keys(bundled) as BundleName[]) await bundle(name, folder);
}
