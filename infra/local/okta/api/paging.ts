// Okta's pagination: opaque cursors, one Link line per rel, no `next` on the last page.
import { createHash } from 'node:crypto';

export interface Page<T> {
  items: T[];
  /** Values of the Link header, one line each. */
  links: string[];
}

const most = 200;

/** Returns undefined for a cursor that was never issued. */
export function page<T extends { id: string }>(
  all: T[],
  origin: string,
  url: URL,
  rawQuery: string,
): Page<T> | undefined {
  const asked = Number(url.searchParams.get('limit') ?? most);
  const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, most) : most;
  const after = url.searchParams.get('after');
  const start = after === null ? 0 : all.findIndex(({ id }) => cursor(id) === after) + 1;
  if (after !== null && start === 0) return undefined;
  const items = all.slice(start, start + limit);
  const last = items.at(-1);
  const links = [`<${origin}${url.pathname}${rawQuery}>; rel="self"`];
  if (last && start + limit < all.length) {
    const others = [...url.searchParams].filter(([name]) => name !== 'after' && name !== 'limit');
    const kept = others.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join('');
    const next = `${origin}${url.pathname}?after=${cursor(last.id)}&limit=${limit}${kept}`;
    links.push(`<${next}>; rel="next"`);
  }
  return { items, links };
}

/** With a comma in it, because a cursor may have one. */
const cursor = (id: string) =>
  `${id},${createHash('sha256').update(id).digest('base64url').slice(0, 8)}`;
