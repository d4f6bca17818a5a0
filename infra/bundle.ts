// Bundles a function the same way for AWS and for this machine.
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { type FunctionName, functions } from './functions.ts';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files of undici that never run here: other parsers than SIMD llhttp, HTTP/2, and bodies that are no bytes. */
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
  // What is imported on demand becomes a file beside, loaded then.
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: '[name]-[hash]',
  // The SDK's CommonJS builds are half as large again and break in ESM.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  charset: 'utf8',
  // undici is CommonJS and asks for node: modules with require.
  banner: {
    js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);",
  },
  plugins: [leanUndici],
  absWorkingDir: root,
} as const satisfies BuildOptions;

export interface Bundle {
  /** The folder to deploy; it holds index.mjs and what that loads. */
  folder: string;
  file: string;
  /** Of all that is loaded at the start. */
  bytes: number;
  /** Paths of the files that it was made from. */
  sources: string[];
}

export async function bundle(name: FunctionName, outDir: string): Promise<Bundle> {
  const folder = join(outDir, name);
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints: { index: functions[name].entry },
    outdir: folder,
    metafile: true,
  });
  const file = join(folder, 'index.mjs');
  const bytes = bytesAtStart(metafile, relative(root, file));
  return { folder, file, bytes, sources: Object.keys(metafile.inputs) };
}

/** An output and what it imports, save what it imports on demand. */
function bytesAtStart({ outputs }: Metafile, entry: string, seen = new Set<string>()): number {
  seen.add(entry);
  const { bytes = 0, imports = [] } = outputs[entry] ?? {};
  const more = imports.filter(({ kind, external, path }) => {
    return kind === 'import-statement' && !external && !seen.has(path);
  });
  return more.reduce(
    (sum, { path }) => sum + bytesAtStart({ outputs } as Metafile, path, seen),
    bytes,
  );
}

/** `node infra/bundle.ts <folder>`: for callers that cannot wait for a promise, as a CDK app being synthesised. */
if (import.meta.main) {
  const [, , folder] = process.argv;
  if (!folder) throw new Error('usage: node infra/bundle.ts <folder>');
  for (const name of Object.keys(functions) as FunctionName[]) await bundle(name, folder);
}
