// What the stand-ins for DynamoDB and KMS share: AWS's JSON protocol on loopback, switches for latency and faults that
// work at run time, and a count of the calls.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { isOurName } from '#infra/local/lib/hosts.ts';
import { type AwsCredentials, signatureFault } from './signature.ts';

export interface AwsRequest {
  headers: IncomingHttpHeaders;
  operation: string;
  region: string;
  /** The access key of whoever signed it. */
  accessKeyId: string;
  body: Buffer;
}

export interface AwsAnswer {
  status: number;
  headers: Record<string, string | number>;
  body: string;
  /** Only half of it is sent. */
  cut?: boolean;
}

/** What the switches see of a call. `key` is the ARN of the KMS key that it concerns, `partition` that of its item. */
export interface AwsCall {
  operation: string;
  region: string;
  key?: string;
  partition?: string;
}

export type AwsFault =
  | { error: string; status?: number; message?: string }
  /** The connection dies before anything is done. */
  | 'hang_up'
  /** The work is done, but the connection dies before the answer. */
  | 'lose_answer'
  /** The work is done, and the connection dies in the middle of the answer. */
  | 'cut_answer'
  | { rewrite: (answer: Record<string, unknown>) => Record<string, unknown> };

export interface Faults {
  latencyMs: number | ((call: AwsCall) => number);
  /** Asked for every call. When it returns undefined, the call is served. */
  fault: (call: AwsCall) => AwsFault | undefined;
  /** The next calls (of one operation, if named) fail. They are checked before `fault`. */
  failNext(fault: AwsFault, options?: { times?: number; operation?: string }): void;
  /** Asked last, and not changed by `reset`: for switches that are set from outside. */
  standing: (call: AwsCall) => AwsFault | undefined;
  reset(): void;
}

export interface Calls {
  count(operation?: string, key?: string): number;
  reset(): void;
}

export interface AwsEndpoint {
  url: string;
  faults: Faults;
  calls: Calls;
  close(): Promise<void>;
}

export const throttled: AwsFault = { error: 'ThrottlingException', message: 'Rate exceeded' };

export async function startAwsEndpoint(options: {
  port?: number | undefined;
  latencyMs?: number | undefined;
  contentType: string;
  /** The prefix of an error's name on the wire. */
  errorPrefix?: string;
  concerns?: (request: AwsRequest) => Pick<AwsCall, 'key' | 'partition'>;
  /** When given, requests must be signed with them. */
  credentials?: AwsCredentials | undefined;
  answer: (request: AwsRequest) => Promise<AwsAnswer> | AwsAnswer;
}): Promise<AwsEndpoint> {
  const switches = faultSwitches(options.latencyMs ?? 0);
  const counter = callCounter();

  const serve = async (request: AwsRequest): Promise<AwsAnswer | undefined> => {
    const { operation, region } = request;
    const call = { operation, region, ...options.concerns?.(request) };
    counter.add(call);
    const { latencyMs } = switches.faults;
    const delay = typeof latencyMs === 'number' ? latencyMs : latencyMs(call);
    if (delay > 0) await wait(delay);
    const wrong = options.credentials && signatureFault(request, options.credentials);
    if (wrong) return refusal(options, { error: wrong });
    const fault = switches.next(call);
    if (fault === 'hang_up') return undefined;
    if (typeof fault === 'object' && 'error' in fault) return refusal(options, fault);
    const answer = await options.answer(request);
    if (fault === 'lose_answer') return undefined;
    if (!fault) return answer;
    if (fault === 'cut_answer') return { ...answer, cut: true };
    const { 'x-amz-crc32': _, ...headers } = answer.headers;
    return { ...answer, headers, body: JSON.stringify(fault.rewrite(JSON.parse(answer.body))) };
  };

  const server = createServer((incoming, response) => {
    if (!isOurName(incoming)) {
      incoming.resume();
      response.writeHead(421).end();
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A caller that goes away in the middle (a terminated environment) is nobody's fault.
    incoming.on('error', () => response.destroy());
    incoming.on('end', () => {
      const { headers } = incoming;
      const request = {
        headers,
        operation: String(headers['x-amz-target'] ?? '').replace(/^.*\./, ''),
        ...scopeOf(headers.authorization),
        body: Buffer.concat(chunks),
      };
      serve(request).then(
        (answer) => send(response, answer),
        (error: unknown) => {
          response.destroy(error as Error);
          console.error(error);
        },
      );
    });
  });
  // Longer than the keep-alive of any client, as on AWS's own front.
  server.keepAliveTimeout = 65_000;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: switches.faults,
    calls: counter.calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The access key in SigV4's credential scope. */
function scopeOf(authorization = ''): Pick<AwsRequest, 'accessKeyId' | 'region'> {
  const [, accessKeyId = '', region = ''] =
    /Credential=([^/]+)\/\d{8}\/([a-z0-9-]+)\//.exec(authorization) ?? [];
  return { accessKeyId, region };
}

function send(response: ServerResponse, answer: AwsAnswer | undefined) {
  if (!answer) return response.socket?.destroy();
  const length = Buffer.byteLength(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
  if (!answer.cut) return response.end(answer.body);
  return response.write(answer.body.slice(0, answer.body.length / 2), () =>
    response.socket?.destroy(),
  );
}

function refusal(
  { contentType, errorPrefix = '' }: { contentType: string; errorPrefix?: string },
  { error, status = 400, message = '' }: { error: string; status?: number; message?: string },
): AwsAnswer {
  return {
    status,
    headers: { 'content-type': contentType },
    body: JSON.stringify({ __type: `${errorPrefix}${error}`, message }),
  };
}

function faultSwitches(latencyMs: number) {
  let queued: { fault: AwsFault; operation: string | undefined }[] = [];
  const faults: Faults = {
    latencyMs,
    fault: () => undefined,
    standing: () => undefined,
    failNext(fault, { times = 1, operation } = {}) {
      for (let i = 0; i < times; i++) queued.push({ fault, operation });
    },
    reset() {
      faults.latencyMs = latencyMs;
      faults.fault = () => undefined;
      queued = [];
    },
  };
  const next = (call: AwsCall): AwsFault | undefined => {
    const at = queued.findIndex((entry) => (entry.operation ?? call.operation) === call.operation);
    return at >= 0 ? queued.splice(at, 1)[0]?.fault : (faults.fault(call) ?? faults.standing(call));
  };
  return { faults, next };
}

function callCounter() {
  const counts = new Map<string, { call: AwsCall; times: number }>();
  const calls: Calls = {
    count: (operation, key) =>
      [...counts.values()]
        .filter(({ call }) => (operation ?? call.operation) === call.operation)
        .filter(({ call }) => (key ?? call.key) === call.key)
        .reduce((sum, { times }) => sum + times, 0),
    reset: () => counts.clear(),
  };
  const add = (call: AwsCall) => {
    const name = `${call.operation} ${call.key}`;
    const entry = counts.get(name);
    if (entry) entry.times += 1;
    else counts.set(name, { call, times: 1 });
  };
  return { calls, add };
}
