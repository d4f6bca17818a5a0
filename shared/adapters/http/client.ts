// HTTP for upstream and AWS calls: undici's Pool through `dispatch`, the cheapest client that we measured
// (docs/decisions.md). There is one pool per origin for the life of the environment. It speaks HTTP/1.1 and always
// verifies TLS.
import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import {
  type HeaderLines,
  type Http,
  HttpFailure,
  type HttpFault,
  type Incoming,
  type IncomingStream,
  type Outgoing,
} from '#core/http.ts';
import { mostBytes, waitsMs } from '#core/limits.ts';
import { type ByteQueue, byteQueue } from './byte-queue.ts';

export interface HttpClient extends Http {
  close(): Promise<void>;
}

export interface HttpClientOptions {
  connections?: number;
  connectTimeoutMs?: number;
  /** Idle sockets that are older than this are not used again. */
  idleMs?: number;
  now?: () => number;
}

export function httpClient({
  connections = 64,
  connectTimeoutMs = waitsMs.connection,
  idleMs = 50_000,
  now = Date.now,
}: HttpClientOptions = {}): HttpClient {
  const pools = new Map<string, { pool: Pool; usedAt: number }>();

  // Timers stop in a frozen environment, and a socket may die there unnoticed: the wall clock decides.
  const poolFor = (origin: string): Pool => {
    const at = now();
    const known = pools.get(origin);
    if (known && at - known.usedAt < idleMs) {
      known.usedAt = at;
      return known.pool;
    }
    if (known) void known.pool.close();
    const pool = new Pool(origin, {
      connections,
      allowH2: false,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: mostBytes.headers,
      connectTimeout: connectTimeoutMs,
      connect: { rejectUnauthorized: true },
    });
    pools.set(origin, { pool, usedAt: at });
    return pool;
  };

  return {
    send: (request, signal) => send(poolFor(request.origin), request, signal),
    open: (request, signal) => open(poolFor(request.origin), request, signal),
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map(({ pool }) => pool.destroy()));
    },
  };
}

function send(pool: Pool, request: Outgoing, signal?: AbortSignal): Promise<Incoming> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const listener: Listener = {
      data(chunk) {
        size += chunk.length;
        if (size > request.maxBytes) exchange.fail('too_large');
        else chunks.push(chunk);
      },
      end({ status, headers }) {
        const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
        resolve({ status, headers, body });
      },
      failed: reject,
    };
    const exchange = begin(pool, request, listener, signal);
  });
}

function open(pool: Pool, request: Outgoing, signal?: AbortSignal): Promise<IncomingStream> {
  return new Promise((resolve, reject) => {
    let queue: ByteQueue | undefined;
    const listener: Listener = {
      start({ status, headers }) {
        exchange.patience();
        queue = byteQueue({
          pause: () => exchange.controller?.pause(),
          resume: () => exchange.controller?.resume(),
          left: () => exchange.fail('cut'),
        });
        resolve({ status, headers, body: queue.body, cancel: () => exchange.fail('cut') });
      },
      data: (chunk) => queue?.push(chunk),
      end: () => queue?.end(),
      failed(failure) {
        if (queue) queue.fail(failure);
        else reject(failure);
      },
    };
    const exchange = begin(pool, request, listener, signal);
  });
}

interface Head {
  status: number;
  headers: HeaderLines;
}

interface Listener {
  start?(head: Head): void;
  data(chunk: Buffer): void;
  end(head: Head): void;
  failed(failure: HttpFailure): void;
}

interface Exchange {
  controller: Dispatcher.DispatchController | undefined;
  fail(fault: HttpFault, reason?: string): void;
  /** Ends the deadline: the rest may take its time. */
  patience(): void;
}

function begin(
  pool: Pool,
  request: Outgoing,
  listener: Listener,
  signal: AbortSignal | undefined,
): Exchange {
  let head: Head | undefined;
  let over = false;
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    clearTimeout(deadline);
    signal?.removeEventListener('abort', abort);
    return true;
  };
  const exchange: Exchange = {
    controller: undefined,
    patience: () => clearTimeout(deadline),
    fail(fault, reason) {
      if (!finish()) return;
      const failure = new HttpFailure(fault, reason);
      exchange.controller?.abort(failure);
      listener.failed(failure);
    },
  };
  const abort = () => exchange.fail('cut');
  const deadline = setTimeout(() => exchange.fail('timeout'), request.timeoutMs);
  try {
    pool.dispatch(
      {
        path: request.path,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
      },
      {
        onRequestStart(controller) {
          exchange.controller = controller;
          if (over) controller.abort(new HttpFailure('timeout'));
        },
        onResponseStart(_controller, status, headers) {
          // Interim answers (1xx) arrive here too.
          if (over || status < 200) return;
          // A gateway would answer 500 to it, without an explanation.
          if (status > 599) return exchange.fail('malformed', 'status');
          head = { status, headers: linesOf(headers) };
          listener.start?.(head);
        },
        onResponseData(_controller, chunk) {
          if (!over) listener.data(chunk);
        },
        onResponseEnd() {
          if (head && finish()) listener.end(head);
        },
        onResponseError(_controller, error) {
          if (finish()) listener.failed(failureOf(error, exchange.controller, head));
        },
      },
    );
  } catch {
    exchange.fail('malformed');
  }
  if (signal?.aborted) abort();
  else if (!over) signal?.addEventListener('abort', abort, { once: true });
  return exchange;
}

function failureOf(error: Error, started: unknown, head: Head | undefined): HttpFailure {
  const { code } = error as NodeJS.ErrnoException;
  // Any other error than the end of the connection means that something unreadable came.
  const died = code === 'UND_ERR_SOCKET' || /^E[A-Z]+$/.test(code ?? '');
  let fault: HttpFault = died ? 'broken' : 'malformed';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') fault = 'timeout';
  else if (!started) fault = code === 'UND_ERR_INVALID_ARG' ? 'malformed' : 'refused';
  else if (head && error.name !== 'HTTPParserError') fault = 'cut';
  return new HttpFailure(fault, code ?? error.name);
}

function linesOf(headers: Record<string, string | string[] | undefined>): HeaderLines {
  const lines: [string, string][] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') lines.push([name, value]);
    else for (const one of value ?? []) lines.push([name, one]);
  }
  return lines;
}
