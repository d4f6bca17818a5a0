// Where a sign-in ends: a path of this application, never anywhere else (RFC 9700 section 4.11).

/** The path, query and fragment within our origin, or nothing when it could lead elsewhere. */
export function safeReturnTo(text: string, publicOrigin: string): string | undefined {
  // Browsers drop tabs and line ends, and read a backslash as a slash: refuse instead of repairing.
  if (!text.startsWith('/') || !/^[\x20-\x5b\x5d-\x7e\u00a0-\uffff]*$/.test(text)) return undefined;
  if (text.startsWith('//')) return undefined;
  const url = URL.parse(text, publicOrigin);
  if (!url || url.origin !== new URL(publicOrigin).origin || url.username || url.password) {
    return undefined;
  }
  const path = url.pathname + url.search + url.hash;
  // `/.//evil` resolves to `//evil`; our own endpoints would loop.
  return path.startsWith('//') || isOurEndpoint(url.pathname) ? undefined : path;
}

/** An HTTP API decodes the path before it looks for a route. */
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
