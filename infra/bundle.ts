// Bundles a function the same way for AWS and for this machine.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { type FunctionName, functions } from './functions.ts';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files of undici that never run here: the other parsers than SIMD llhttp, and FormData bodies. */
const leanUndici: Plugin = {
  name: 'lean-undici',
  setup({ onLoad }) {
    onLoad(
      {
        filter:
          /[\\/]undici[\\/]lib[\\/](milo[\\/].*|llhttp[\\/]llhttp-wasm|web[\\/]fetch[\\/]body)\.js$/,
      },
      () => ({ contents: 'module.exports = undefined' }),
    );
  },
};

export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
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
  /** The folder to deploy; it holds index.mjs. */
  folder: string;
  file: string;
  bytes: number;
  sha256: string;
}

export async function bundle(name: FunctionName, outDir: string): Promise<Bundle> {
  const result = await build({
    ...bundleOptions,
    entryPoints: [functions[name].entry],
    write: false,
    outfile: 'index.mjs',
  });
  const [output] = result.outputFiles;
  if (!output) throw new Error(`esbuild made nothing of ${functions[name].entry}`);
  const folder = join(outDir, name);
  const file = join(folder, 'index.mjs');
  await mkdir(folder, { recursive: true });
  await writeFile(file, output.contents);
  return {
    folder,
    file,
    bytes: output.contents.byteLength,
    sha256: createHash('sha256').update(output.contents).digest('hex'),
  };
}

/** `node infra/bundle.ts <folder>`: for callers that cannot wait for a promise, as a CDK app being synthesised. */
if (import.meta.main) {
  const [, , folder] = process.argv;
  if (!folder) throw new Error('usage: node infra/bundle.ts <folder>');
  for (const name of Object.keys(functions) as FunctionName[]) await bundle(name, folder);
}
