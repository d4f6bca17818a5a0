// Stands in front of an HTTP server: it writes down what arrives and lets it go wrong, before the server acts or after.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from '#test/faults/plan/kinds.ts';
import { facts, learnFrom, type Received } from '#test/faults/recording/arrivals.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';
import type { Arrival } from '#test/faults/recording/recording.ts';
import type { WeatherVane } from './weather-vane.ts';

export interface FaultyFront {
  origin: string;
  /** Where the server is. It must be known before the first request comes. */
  target: string;
  close(): Promise<void>;
}

export interface FrontOptions {
  recorder: Recorder;
  vane: Pick<WeatherVane, 'next'>;
  /** Undefined: it is passed on, and not written down. */
  stepOf: (received: Received) => Pick<Arrival, 'dependency' | 'step'> | undefined;
  slowMs: () => number;
}

/** A caller waits no longer than this, whatever it is. */
const longestMs = 28_000;
const mostRead = 100_000;

export async function faultyFront(options: FrontOptions): Promise<FaultyFront> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => {});
    serve(front, agent, options, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: FaultyFront = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}

async function serve(
  front: FaultyFront,
  agent: Agent,
  { recorder, vane, stepOf, slowMs }: FrontOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = 'GET', headers, url = '/' } = incoming;
  const body = await buffer(incoming);
  const received = { method, url: new URL(url, front.origin), headers, body };
  const step = stepOf(received);
  const ask = () => forward(front.target, agent, incoming, body);
  if (!step) return passOn(await ask(), outgoing);

  const arrival: Arrival = {
    ...step,
    ...facts(recorder, received),
    from: recorder.now(),
    to: Number.POSITIVE_INFINITY,
    method,
    path: received.url.pathname,
    acted: false,
    delivered: false,
  };
  const fault = vane.next(step.dependency, step.step);
  if (fault) arrival.fault = fault;
  recorder.recording.arrivals.push(arrival);
  outgoing.on('close', () => {
    arrival.to = recorder.now();
    arrival.delivered = outgoing.writableFinished && arrival.acted && !fault?.endsWith('_after');
  });
  if (fault === 'slow') await wait(slowMs());
  if (fault && (await struckBefore(fault, outgoing))) return;
  arrival.acted = true;
  const answer = await ask();
  const read = readAlong(answer);
  const learn = async () => {
    const { statusCode: status = 0, headers: said } = answer;
    learnFrom(recorder, arrival, { status, headers: said, body: await read });
  };
  // The session of a new token is known before the product can use it.
  if (step.dependency === 'issuer') await learn();
  else void learn().catch(() => {});
  if (fault?.endsWith('_after')) {
    if (step.step === 'stream') return cutAfterTheFirst(answer, outgoing);
    return struckAfter(fault, await read, answer, outgoing);
  }
  if (step.dependency !== 'issuer') return passOn(answer, outgoing);
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.end(await read);
}

function forward(
  target: string,
  agent: Agent,
  { method, rawHeaders, url }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const asked = request(
      { hostname, port, path: url, method, headers: rawHeaders, agent },
      resolve,
    );
    asked.on('error', reject).end(body);
  });
}

function passOn(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  answer.pipe(outgoing);
  outgoing.on('close', () => answer.destroy());
  answer.on('error', () => outgoing.destroy());
}

/** Its first bytes; it can still be piped. */
function readAlong(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on('data', (chunk: Buffer) => {
    if (size < mostRead) chunks.push(chunk);
    size += chunk.length;
  });
  return new Promise((resolve) => {
    answer.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

const page = '<!doctype html><title>Maintenance</title>';

/** True when the server is not asked. */
async function struckBefore(fault: Fault, outgoing: ServerResponse): Promise<boolean> {
  const say = (status: number, headers: Record<string, string>, body: string) => {
    outgoing.writeHead(status, headers).end(body);
    return true;
  };
  switch (fault) {
    case 'reset_before':
      outgoing.socket?.resetAndDestroy();
      return true;
    case 'hang': {
      const timer = setTimeout(() => outgoing.destroy(), longestMs);
      outgoing.on('close', () => clearTimeout(timer));
      return true;
    }
    case 'throttled':
      return say(
        429,
        { 'content-type': 'application/json', 'retry-after': '1' },
        '{"error":"slow_down"}',
      );
    case 'unavailable':
      return say(503, { 'content-type': 'text/plain', 'retry-after': '1' }, 'Service Unavailable');
    case 'refused':
      return say(403, { 'content-type': 'text/html' }, page);
    case 'page_before':
      return say(200, { 'content-type': 'text/html' }, page);
    default:
      return false;
  }
}

function cutAfterTheFirst(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  answer.once('data', (chunk: Buffer) => {
    outgoing.write(chunk, () => outgoing.socket?.resetAndDestroy());
    answer.destroy();
  });
}

function struckAfter(
  fault: Fault,
  body: Buffer,
  answer: IncomingMessage,
  outgoing: ServerResponse,
): void {
  if (fault === 'page_after') {
    outgoing.writeHead(200, { 'content-type': 'text/html' }).end(page);
    return;
  }
  const reset = () => outgoing.socket?.resetAndDestroy();
  if (fault === 'reset_after') return void reset();
  const { 'transfer-encoding': _, ...headers } = answer.headers;
  outgoing.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': body.length + 1 });
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, body.length / 2), reset);
}
