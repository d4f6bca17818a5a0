// One call to the broker: the CSRF header, a time limit, and errors that say what happened.
import { BffError } from './problem.ts';
import type { Init } from './types.ts';

export async function call(
  browser: typeof globalThis,
  url: string,
  { timeoutMs, ...init }: Init,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('X-BFF-CSRF', '1');
  const late = new AbortController();
  const timer = timeoutMs ? setTimeout(() => late.abort(), timeoutMs) : undefined;
  const signal = init.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal;
  try {
    return await browser.fetch(url, { ...init, headers, signal });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    if (late.signal.aborted) throw new BffError('timeout', 'No answer in time.', { cause });
    throw browser.navigator.onLine
      ? new BffError('network', 'The server cannot be reached.', { cause })
      : new BffError('offline', 'There is no connection.', { cause });
  } finally {
    // From here on the body may take its time.
    clearTimeout(timer);
  }
}

/** What `fetch` would take from a Request, in a form that works in every browser when the URL changes. */
export async function partsOf(request: Request): Promise<Init> {
  const { method, headers, signal, cache } = request;
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: await request.blob() };
  return { method, headers, signal, cache, ...body };
}
