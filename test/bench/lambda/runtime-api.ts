// Lambda's runtime API, as an environment sees it: it asks for the next event and posts its answer.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API. */
  address: string;
  invoke(event: unknown): Promise<unknown>;
  close(): void;
}

const prefix = '/2018-06-01/runtime/invocation';
const timeoutMs = 30_000;

export async function runtimeApi(): Promise<RuntimeApi> {
  const events: { id: string; body: string }[] = [];
  const idle: ServerResponse[] = [];
  const asked = new Map<string, { resolve(answer: unknown): void; reject(fault: Error): void }>();
  let last = 0;
  const server = createServer((request, response) => {
    if (request.url === `${prefix}/next`) {
      idle.push(response);
      deliver();
    } else void answered(request, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: (event) =>
      new Promise((resolve, reject) => {
        last += 1;
        const id = `invocation-${last}`;
        asked.set(id, { resolve, reject });
        events.push({ id, body: JSON.stringify(event) });
        deliver();
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };

  function deliver() {
    while (events.length > 0 && idle.length > 0) {
      const event = events.shift();
      const response = idle.shift();
      if (!event || !response) return;
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(event.body),
        'lambda-runtime-aws-request-id': event.id,
        'lambda-runtime-deadline-ms': Date.now() + timeoutMs,
        'lambda-runtime-invoked-function-arn':
          'arn:aws:lambda:us-east-1:000000000000:function:bench',
      });
      response.end(event.body);
    }
  }

  async function answered(request: IncomingMessage, response: ServerResponse) {
    const [, id = '', verdict] = /\/([\w-]+)\/(response|error)$/.exec(request.url ?? '') ?? [];
    const body = await text(request);
    response.writeHead(202, { 'content-length': 0 }).end();
    const caller = asked.get(id);
    asked.delete(id);
    if (verdict === 'response') caller?.resolve(JSON.parse(body));
    else caller?.reject(new Error(`the function failed: ${body}`));
  }
}
