// Where a sign-in ends: at a path of this application, and nowhere else (RFC 9700 section 4.11).

/** Returns path, query and fragment within our origin, or undefined when the value could lead elsewhere. */
export function safeReturnTo(text: string, publicOrigin: string): string | undefined {
  // Browsers drop tabs and line ends, and read a backslash as a slash. Such values are refused, not repaired.
  if (!text.startsWith('/') || !/^[\x20-\x5b\x5d-\x7e\u00a0-\uffff]*$/.test(text)) return undefined;
  if (text.startsWith('//')) return undefined;
  const url = URL.parse(text, publicOrigin);
  if (!url || url.origin !== new URL(publicOrigin).origin || url.username || url.password) {
    return undefined;
  }
  const path = url.pathname + url.search + url.hash;
  // `/.//evil` resolves to `//evil`, and our own endpoints would loop.
  return path.startsWith('//') || isOurEndpoint(url.pathname) ? undefined : path;
}

/** An HTTP API decodes the path before it chooses a route. */
function isOurEndpoint(pathname: string): boolean {
  const decoded = pathname.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /^\/bff(\/|$)/i.test(decoded);
}

export function withLoginError(returnTo: string, code: string, publicOrigin: string): string {
  const url = new URL(returnTo, publicOrigin);
  url.searchParams.set('login_error', code);
  return url.pathname + url.search + url.hash;
}
