// One call to the broker: the CSRF header, a time limit, a second try for a device that had not proved itself, and
// errors that say what happened.
import { at, BffError, errorOf, unproven } from './problem.ts';
import type { Init } from './types.ts';

export async function call(browser: typeof globalThis, url: string, init: Init): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('x-bff-csrf', '1');
  const late = new AbortController();
  const timer = init.timeoutMs && setTimeout(() => late.abort(), init.timeoutMs);
  const signal = AbortSignal.any([init.signal ?? late.signal, late.signal]);
  try {
    const ask = () => browser.fetch(url, { ...init, headers, signal });
    const response = await ask();
    // The broker passed nothing on, and the browser proves its device by itself before it sends the next request.
    // A stream can be sent only once.
    return response.status === 401 &&
      !(init.body as ReadableStream)?.getReader &&
      (await errorOf(response.clone())).code === unproven
      ? await ask()
      : response;
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    const code = late.signal.aborted ? 'timeout' : browser.navigator.onLine ? 'network' : 'offline';
    throw new BffError(code, at(code, url, init.method), { cause });
  } finally {
    // From here on the body may take its time.
    clearTimeout(timer);
  }
}

/** What `fetch` would take from a Request, in a form that works in every browser when the URL changes. */
export async function partsOf(request: Request): Promise<Init> {
  const { method, headers, signal } = request;
  const body = await request.blob();
  return { method, headers, signal, body: body.size ? body : null };
}
