// Small functions for tests of the gateway itself, and a client that says exactly what goes over the wire.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Gateway, type GatewayOptions, startGateway } from '#infra/local/gateway/gateway.ts';
import { functionArn, type LambdaFunction } from '#infra/local/gateway/lambda/variables.ts';

/** A function whose bundle is `source`: an ES module that exports `handler`. */
export async function toy(
  source: string,
  facts: Partial<LambdaFunction> = {},
): Promise<LambdaFunction> {
  const name = facts.name ?? 'toy';
  const folder = await mkdtemp(join(tmpdir(), 'toy-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, `${randomUUID()}.mjs`);
  await writeFile(file, source);
  return {
    name,
    arn: functionArn(name),
    file,
    timeoutSeconds: 10,
    memoryMb: 256,
    routes: ['ANY /bff/{proxy+}'],
    env: {},
    ...facts,
  };
}

/** Answers with its event. */
export const echo =
  'export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });';

/** A gateway with these functions, closed when the test ends. */
export async function gatewayWith(
  functions: LambdaFunction[],
  options: GatewayOptions = {},
): Promise<Gateway> {
  const gateway = await startGateway(options);
  onTestFinished(() => gateway.close());
  await gateway.deploy(functions);
  return gateway;
}

/** A gateway whose function is `source`, under everything below /bff. */
export const gatewayOf = async (source: string, options: GatewayOptions = {}) =>
  gatewayWith([await toy(source)], options);

/** Sends these bytes and returns all that comes back until the other side closes. */
export function sendRaw(port: number, request: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    socket.on('error', reject);
  });
}

/** A request with just these lines; `Connection: close` is added. */
export const rawRequest = (lines: string[], body = '') =>
  `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`;

export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
export const bodyOfRaw = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
