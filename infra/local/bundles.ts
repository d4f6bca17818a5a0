// The functions' bundles for one run: the same as deployed, in a folder that goes with the run.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bundle, bundle, root } from '../bundle.ts';
import { type FunctionName, type FunctionSpec, functions } from '../functions.ts';
import { functionArn, type LambdaFunction } from './gateway/variables.ts';

export interface Code {
  /** All functions with these variables. */
  functions(env: Record<string, string>): LambdaFunction[];
  close(): Promise<void>;
}

export async function bundleFunctions(): Promise<Code> {
  const folder = await mkdtemp(join(tmpdir(), 'okta-dpop-bff-'));
  const close = () => rm(folder, { recursive: true, force: true });
  const names = Object.keys(functions) as FunctionName[];
  const present = names.filter((name) => existsSync(join(root, functions[name].entry)));
  try {
    const files = await Promise.all(
      present.map(
        async (name): Promise<[FunctionName, Bundle]> => [name, await bundle(name, folder)],
      ),
    );
    return {
      functions: (env) => files.map(([name, { file }]) => lambdaOf(name, file, env)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function lambdaOf(name: FunctionName, file: string, env: Record<string, string>): LambdaFunction {
  const { timeoutSeconds, memoryMb, routes }: FunctionSpec = functions[name];
  return { name, arn: functionArn(name), file, timeoutSeconds, memoryMb, routes, env };
}
