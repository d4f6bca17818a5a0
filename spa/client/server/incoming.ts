// A browser's request, as the frameworks pass it on.

/** A Request, Node's IncomingMessage, or `{ headers: await headers() }` in Next. */
export interface Incoming {
  headers: Pick<Headers, 'get'> | Record<string, string | string[] | undefined>;
  method?: string | undefined;
  url?: string | undefined;
}

export function headerOf({ headers }: Incoming, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const named = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const value = named?.[1] as string | string[] | undefined;
  return Array.isArray(value) ? value.join(name === 'cookie' ? '; ' : ', ') : value;
}
