// A client that reads an answer while it is being made, and an upstream that shows how far it got.
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { serve } from './loopback.ts';
import type { Visitor } from './visitor.ts';

export interface Reading {
  status: number;
  headers: IncomingMessage['headers'];
  response: IncomingMessage;
  /** All that came so far holds `text`. */
  until(text: string): Promise<string>;
  /** How it ended, and all that came. */
  end(): Promise<{ whole: boolean; text: string }>;
  leave(): void;
}

/** What a page of ours asks for, with the visitor's session. Nothing is read until somebody wants it. */
export async function reading(
  origin: string,
  user: Visitor,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reading> {
  const name = '__Host-Http-bff';
  const cookie = user.cookie(name);
  const { hostname, port } = new URL(origin);
  const request = httpRequest({
    hostname,
    port,
    // As it stands: a URL would tidy it.
    path,
    method,
    agent: false,
    headers: {
      'x-bff-csrf': '1',
      'sec-fetch-site': 'same-origin',
      ...(cookie && { cookie: `${name}=${cookie}` }),
      ...headers,
    },
  });
  // `once` hears the first error only.
  request.on('error', () => {});
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  let over: { whole: boolean } | undefined;
  const stirred: (() => void)[] = [];
  const stir = () => {
    for (const wake of stirred.splice(0)) wake();
  };
  const read = () => {
    if (response.listenerCount('data') > 0) return;
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      stir();
    });
  };
  response.on('error', () => {});
  response.on('close', () => {
    over = { whole: response.complete };
    stir();
  });
  const more = () => new Promise<void>((resolve) => stirred.push(resolve));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    response,
    async until(wanted) {
      read();
      while (!text.includes(wanted)) {
        if (over) throw new Error(`ended without ${wanted}: ${text.slice(0, 200)}`);
        await more();
      }
      return text;
    },
    async end() {
      read();
      while (!over) await more();
      return { ...over, text };
    },
    leave: () => request.destroy(),
  };
}

export type Talk = (exchange: Exchange) => unknown;

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** When the other side has left, or the answer is complete. */
  closed: Promise<{ finished: boolean }>;
}

/** An API that answers by the first segment of the path, and hands every exchange to the test as well. */
export async function talking(
  talks: Record<string, Talk>,
  atEnd?: (close: () => Promise<void>) => void,
) {
  const exchanges: Exchange[] = [];
  const waiting: ((exchange: Exchange) => void)[] = [];
  const { origin } = await serve(async (request, response) => {
    const closed = once(response, 'close').then(() => ({ finished: response.writableFinished }));
    const exchange = { request, response, closed };
    const next = waiting.shift();
    if (next) next(exchange);
    else exchanges.push(exchange);
    const name = (request.url ?? '').split(/[/?]/)[1] ?? '';
    await (Object.hasOwn(talks, name) ? talks[name] : undefined)?.(exchange);
  }, atEnd);
  return {
    origin,
    /** Those that nobody has looked at. */
    forget: () => exchanges.splice(0),
    /** The oldest exchange that nobody has looked at. */
    next: () =>
      new Promise<Exchange>((resolve) => {
        const one = exchanges.shift();
        if (one) resolve(one);
        else waiting.push(resolve);
      }),
  };
}

export const event = (data: string | number) => `data: ${data}\n\n`;
