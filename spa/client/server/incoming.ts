// A browser's request, as the frameworks pass it on.

/** A Request, Node's IncomingMessage, or `{ headers: await headers() }` in Next. */
export interface Incoming {
  /** The cookie is read from them, and where the request comes from. */
  headers: Pick<Headers, 'get'> | Record<string, string | string[] | undefined>;
  /** A call on behalf of a page of another site is refused, unless it only reads. */
  method?: string | undefined;
  /** Path and query, for the way back after a sign-in. */
  url?: string | undefined;
}

export function headerOf({ headers }: Incoming, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const named = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const value = named?.[1] as string | string[] | undefined;
  return Array.isArray(value) ? value.join(name === 'cookie' ? '; ' : ', ') : value;
}
