// The functions' bundles, the same as deployed: made once per process, and put into a folder for each run.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, root } from '../bundle.ts';
import { type FunctionName, type FunctionSpec, functions } from '../functions.ts';
import { functionArn, type LambdaFunction } from './gateway/variables.ts';

export interface Code {
  /** All functions whose code is there, with these variables. */
  functions(env: Record<string, string>): LambdaFunction[];
  close(): Promise<void>;
}

type Bundles = Map<FunctionName, Buffer>;

let made: Promise<Bundles> | undefined;

export async function bundleFunctions(): Promise<Code> {
  made ??= inFolder(bundleAll);
  const bundles = await made;
  const folder = await newFolder();
  const fileOf = (name: FunctionName) => join(folder, name, 'index.mjs');
  await Promise.all(
    [...bundles].map(async ([name, code]) => {
      await mkdir(join(folder, name));
      await writeFile(fileOf(name), code);
    }),
  );
  return {
    functions: (env) => [...bundles.keys()].map((name) => lambdaOf(name, fileOf(name), env)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function bundleAll(folder: string): Promise<Bundles> {
  const names = Object.keys(functions) as FunctionName[];
  const present = names.filter((name) => existsSync(join(root, functions[name].entry)));
  const bundles = await Promise.all(
    present.map(async (name) => {
      const { file } = await bundle(name, folder);
      return [name, await readFile(file)] as const;
    }),
  );
  return new Map(bundles);
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
  const { timeoutSeconds, memoryMb, routes }: FunctionSpec = functions[name];
  return { name, arn: functionArn(name), file, timeoutSeconds, memoryMb, routes, env };
}
