// Everything that a browser could see: requests and answers with headers and bodies, every kind of storage, the
// DOM, and the memory of the page's scripts.
import { createHash } from 'node:crypto';
import type { BrowserContext, Page, Response } from 'playwright-core';

export interface Seen {
  where: string;
  text: string;
}

export function recordNetwork(context: BrowserContext): { all(): Promise<Seen[]> } {
  const reading: Promise<Seen[]>[] = [];
  context.on('response', (response) => reading.push(read(response)));
  return { all: async () => (await Promise.all(reading)).flat() };
}

async function read(response: Response): Promise<Seen[]> {
  const request = response.request();
  const where = `${request.method()} ${new URL(response.url()).pathname}`;
  const headers = [await request.allHeaders(), await response.allHeaders()];
  // The feed of the local system never ends, and shows hashes where secrets were.
  const endless = headers[1]?.['content-type'] === 'text/event-stream';
  // A redirect and a cached answer have no body.
  const body = endless ? '' : await response.text().catch(() => '');
  return [
    { where: `${where}: address`, text: response.url() },
    { where: `${where}: headers`, text: JSON.stringify(headers) },
    { where: `${where}: sent`, text: request.postData() ?? '' },
    { where: `${where}: answer`, text: body },
  ];
}

export async function storage(context: BrowserContext): Promise<Seen[]> {
  const kept = await context.storageState({ indexedDB: true });
  return [
    { where: 'cookies', text: JSON.stringify(kept.cookies) },
    { where: 'local storage and IndexedDB', text: JSON.stringify(kept.origins) },
  ];
}

export async function inside(page: Page): Promise<Seen[]> {
  const scripts = await page.evaluate(async () => ({
    cookie: document.cookie,
    session: { ...sessionStorage },
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    history: history.state,
    name: window.name,
  }));
  const devtools = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  devtools.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk));
  await devtools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await devtools.detach();
  const where = new URL(page.url()).pathname;
  return [
    { where: `${where}: what scripts see`, text: JSON.stringify(scripts) },
    { where: `${where}: document`, text: await page.content() },
    { where: `${where}: memory`, text: chunks.join('') },
  ];
}

/** Words whose hash is among `hashes` (`sha256:` and the first eight characters), with where they were. */
export function findSecrets(seen: Seen[], hashes: Set<string>): string[] {
  const known = new Map<string, boolean>();
  const isSecret = (word: string) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const hash = createHash('sha256').update(word).digest('base64url').slice(0, 8);
    known.set(word, hashes.has(`sha256:${hash}`));
    return hashes.has(`sha256:${hash}`);
  };
  return seen.flatMap(({ where, text }) => {
    const words = new Set(text.match(/[\w.~+/-]{16,4000}=*/g));
    return [...words].filter(isSecret).map((word) => `${where}: ${word.slice(0, 6)}…`);
  });
}

/** Compact JWTs, of which the browser needs none. */
export const findJwts = (seen: Seen[]): string[] =>
  seen.filter(({ text }) => /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\./.test(text)).map(({ where }) => where);
