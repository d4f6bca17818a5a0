// Starts environments, each a process of its own that knows the runtime API and nothing else of us.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { build } from 'esbuild';
import { bundleOptions } from '#infra/bundle.ts';
import { theEvent } from '#test/support/requests.ts';
import { answerBody, answerOf } from '../answer-body.ts';
import { type RuntimeApi, runtimeApi } from './runtime-api.ts';

export interface Environment {
  /** Throws unless the answer is the API's. */
  call(cookie: string, bytes?: number): Promise<void>;
  usage(): Promise<{ cpu: NodeJS.CpuUsage; memory: NodeJS.MemoryUsage }>;
  stop(): void;
}

export interface EnvironmentOptions {
  /** The file that exports `handler`. */
  file: string;
  variables: Record<string, string>;
  inFlight?: number;
}

/** Bundles what runs in a process of its own as the functions are bundled, so that none starts slower than another. */
export async function packed(name: string, folder: string): Promise<string> {
  const outdir = join(folder, 'lambda', name);
  const entry = join(import.meta.dirname, `${name}.ts`);
  await build({ ...bundleOptions, entryPoints: { index: entry }, outdir });
  return join(outdir, 'index.mjs');
}

export async function startEnvironment(
  runtime: string,
  { file, variables, inFlight = 1 }: EnvironmentOptions,
): Promise<Environment> {
  const api: RuntimeApi = await runtimeApi();
  const process: ChildProcess = spawn(globalThis.process.execPath, [runtime, file], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...variables, AWS_LAMBDA_RUNTIME_API: api.address, BENCH_IN_FLIGHT: `${inFlight}` },
  });
  // Lambda reads what a function writes; nobody here needs it.
  process.stdout?.resume();
  return {
    async call(cookie, bytes) {
      const { statusCode, body } = (await api.invoke(
        eventOf(cookie, bytes ? `/bff/api/bytes/${bytes}` : '/bff/api/users'),
      )) as APIGatewayProxyStructuredResultV2;
      if (statusCode !== 200 || body !== (bytes ? answerOf(bytes) : answerBody)) {
        throw new Error(`${file} answered ${statusCode} ${body?.slice(0, 200)}`);
      }
    },
    async usage() {
      process.send('usage');
      const [answer] = await once(process, 'message');
      return answer;
    },
    stop() {
      process.kill();
      api.close();
    },
  };
}

const eventOf = (cookie: string, rawPath: string) =>
  theEvent({
    rawPath,
    rawQueryString: 'limit=10',
    headers: { 'x-bff-csrf': '1', accept: 'application/json', 'sec-fetch-site': 'same-origin' },
    cookies: [`__Host-Http-bff=${cookie}`],
  });
