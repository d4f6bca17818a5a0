// The functions' bundles, the same as deployed: made once per process, and put into a folder for each run.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, root } from '../bundle.ts';
import { type FunctionName, type FunctionSpec, functions } from '../functions.ts';
import { functionArn, type LambdaFunction } from './gateway/variables.ts';

export interface Code {
  /** All functions whose code is there, with these variables; the one that streams only with `streaming`. */
  functions(env: Record<string, string>, streaming: boolean): LambdaFunction[];
  close(): Promise<void>;
}

type File = readonly [name: string, code: Buffer];
type Bundles = Map<FunctionName, File[]>;

let made: Promise<Bundles> | undefined;

export async function bundleFunctions(): Promise<Code> {
  made ??= inFolder(bundleAll);
  const bundles = await made;
  const folder = await newFolder();
  const fileOf = (name: FunctionName) => join(folder, name, 'index.mjs');
  await Promise.all(
    [...bundles].map(async ([name, files]) => {
      await mkdir(join(folder, name));
      await Promise.all(files.map(([file, code]) => writeFile(join(folder, name, file), code)));
    }),
  );
  return {
    functions: (env, streaming) =>
      [...bundles.keys()]
        .filter((name) => streaming || name !== 'stream')
        .map((name) => lambdaOf(name, fileOf(name), env)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function bundleAll(folder: string): Promise<Bundles> {
  const names = Object.keys(functions) as FunctionName[];
  const present = names.filter((name) => existsSync(join(root, functions[name].entry)));
  const bundles = await Promise.all(
    present.map(async (name) => {
      const made = await bundle(name, folder);
      return [name, await filesIn(made.folder)] as const;
    }),
  );
  return new Map(bundles);
}

async function filesIn(folder: string): Promise<File[]> {
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name))] as const),
  );
}

const newFolder = () => mkdtemp(join(tmpdir(), 'okta-dpop-bff-'));

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await newFolder();
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lambdaOf(name: FunctionName, file: string, env: Record<string, string>): LambdaFunction {
  const { timeoutSeconds, memoryMb, routes, restRoutes = [] }: FunctionSpec = functions[name];
  const arn = functionArn(name);
  return { name, arn, file, timeoutSeconds, memoryMb, routes, restRoutes, env };
}
