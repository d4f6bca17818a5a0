// Bundles a function the same way for AWS and for this machine.
import { basename, dirname, join, relative } from 'node:path';
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

/** The clients of the AWS SDK come as the same files with every function, so that the package needs them only once. */
const clients = {
  'aws-sdk': 'shared/adapters/aws/clients.ts',
  'aws-secrets': 'shared/adapters/aws/secrets-client.ts',
};

const clientsApart: Plugin = {
  name: 'clients-apart',
  setup({ onResolve }) {
    for (const [name, entry] of Object.entries(clients)) {
      const file = basename(entry).replace('.', '\\.');
      onResolve({ filter: new RegExp(`/${file}$`) }, ({ kind }) =>
        kind === 'entry-point' ? undefined : { path: `./${name}.mjs`, external: true },
      );
    }
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
  const options = { ...bundleOptions, outdir: folder, metafile: true } as const;
  const own = await build({
    ...options,
    entryPoints: { index: bundled[name].entry },
    plugins: [...bundleOptions.plugins, clientsApart],
  });
  const beside = await build({ ...options, entryPoints: clients });
  const inputs = { ...own.metafile.inputs, ...beside.metafile.inputs };
  const outputs = { ...own.metafile.outputs, ...beside.metafile.outputs };
  const file = join(folder, 'index.mjs');
  const bytes = bytesAtStart(outputs, relative(root, file));
  return { folder, file, bytes, sources: Object.keys(inputs) };
}

/** An output and its imports, without dynamic ones. */
function bytesAtStart(
  outputs: Metafile['outputs'],
  path: string,
  seen = new Set<string>(),
): number {
  // Two of its imports may share a third.
  if (seen.has(path)) return 0;
  seen.add(path);
  const { bytes = 0, imports = [] } = outputs[path] ?? {};
  const more = imports.filter(({ kind }) => kind === 'import-statement');
  // esbuild names what it has bundled by its path, and what lies apart as the code does.
  const paths = more.map((more) => (more.external ? join(dirname(path), more.path) : more.path));
  return paths.reduce((sum, next) => sum + bytesAtStart(outputs, next, seen), bytes);
}

/** `node infra/bundle.ts <folder>`: for callers that cannot wait for a promise, such as a CDK app during synthesis. */
if (import.meta.main) {
  const [, , folder] = process.argv;
  if (!folder) throw new Error('usage: node infra/bundle.ts <folder>');
  for (const name of Object.keys(bundled) as BundleName[]) await bundle(name, folder);
}
