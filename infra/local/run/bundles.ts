// The same function bundles as deployed, in a folder for each run, or in one that many runs share.
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionArn, type LambdaFunction } from '#infra/local/gateway/lambda/variables.ts';
import { bundle, root } from '../../bundle.ts';
import {
  type BundleName,
  type FunctionName,
  type FunctionSpec,
  functions,
  bundled as specs,
} from '../../functions.ts';

export interface Code {
  /** All functions whose code is there, with these variables. The streaming one is included only with `streaming`. */
  functions(env: Record<string, string>, streaming: boolean): LambdaFunction[];
  /** The authorizer of an API that is not part of the broker. */
  apiAuthorizer(env: Record<string, string>): LambdaFunction;
  close(): Promise<void>;
}

/** Names the shared folder: the first run makes the bundles there, and all others use them. */
export const sharedBundles = 'BFF_SHARED_BUNDLES';

export async function bundleFunctions(): Promise<Code> {
  const shared = process.env[sharedBundles];
  if (shared) return codeIn(await bundledOnce(shared), async () => {});
  const folder = await bundled(join(tmpdir(), 'okta-dpop-bff-'));
  return codeIn(folder, () => remove(folder));
}

/**
 * When two runs begin at the same time, one does the work for nothing. The folder is always complete, and nobody waits for
 * a lock.
 */
async function bundledOnce(shared: string): Promise<string> {
  const complete = join(shared, 'functions');
  if (existsSync(complete)) return complete;
  const folder = await bundled(join(shared, 'unfinished-'));
  await rename(folder, complete).catch((error: unknown) => {
    if (!existsSync(complete)) throw error;
    return remove(folder);
  });
  return complete;
}

async function bundled(prefix: string): Promise<string> {
  const folder = await mkdtemp(prefix);
  try {
    await Promise.all([...present(), 'apiAuthorizer' as const].map((name) => bundle(name, folder)));
    return folder;
  } catch (error) {
    await remove(folder);
    throw error;
  }
}

const present = () =>
  (Object.keys(functions) as FunctionName[]).filter((name) =>
    existsSync(join(root, functions[name].entry)),
  );

const remove = (folder: string) => rm(folder, { recursive: true, force: true });

const codeIn = (folder: string, close: Code['close']): Code => ({
  functions: (env, streaming) =>
    present()
      .filter((name) => streaming || name !== 'stream')
      .map((name) => lambdaOf(name, join(folder, name, 'index.mjs'), env)),
  apiAuthorizer: (env) =>
    lambdaOf('apiAuthorizer', join(folder, 'apiAuthorizer', 'index.mjs'), env),
  close,
});

function lambdaOf(name: BundleName, file: string, env: Record<string, string>): LambdaFunction {
  const { timeoutSeconds, memoryMb, routes, restRoutes = [] }: FunctionSpec = specs[name];
  const arn = functionArn(name);
  return { name, arn, file, timeoutSeconds, memoryMb, routes, restRoutes, env };
}
