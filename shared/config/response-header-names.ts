// Response headers that no route may add to the allow-list. Browsers, caches and gateways act on some of them, so an
// upstream could act for the whole origin; others are the broker's own.

/** A star at the end matches any characters. */
const neverPassedBack = [
  // The broker's own.
  'x-bff-*',
  // Credentials, and challenges for them.
  'authentication-*',
  'authorization',
  'dpop*',
  'optional-www-authenticate',
  'proxy-*',
  'set-cookie*',
  'www-authenticate',
  // Sessions and sign-ins that the browser keeps.
  'activate-storage-access',
  'idp-signin-status',
  'sec-*',
  'secure-session-*',
  'set-login',
  // Where the browser goes, and what it fetches or sends unasked.
  'alt-svc',
  'attribution-reporting-*',
  'expect-ct',
  'include-referred-bundle-*',
  'nel',
  'ping-*',
  'public-key-pins*',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'service-worker-*',
  'shared-storage-*',
  'sourcemap',
  'speculation-rules',
  'supports-loading-mode',
  'use-as-dictionary',
  'x-dns-prefetch-control',
  'x-sourcemap',
  // What the browser keeps for this origin, and what its pages may do.
  'accept-ch*',
  'access-control-*',
  'ad-auction-*',
  'allow-csp-from',
  'clear-site-data',
  'content-security-policy*',
  'critical-ch',
  'cross-origin-*',
  'document-isolation-policy*',
  'document-policy*',
  'feature-policy',
  'integrity-policy*',
  'observe-browsing-topics',
  'origin-agent-cluster',
  'origin-trial',
  'permissions-policy*',
  'referrer-policy',
  'require-document-policy',
  'strict-transport-security',
  'timing-allow-origin',
  'x-content-security-policy*',
  'x-content-type-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-ua-compatible',
  'x-webkit-csp*',
  'x-xss-protection',
  // Who may keep an answer, and for how long.
  'age',
  'cache-*',
  'cdn-cache-control',
  'expires',
  'no-vary-search',
  'pragma',
  'surrogate-control',
  'vary',
  // The connection, and the encoding of a body.
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Some servers answer these with a file or another address.
  'x-accel-*',
  'x-lighttpd-send-file',
  'x-litespeed-location',
  'x-reproxy-*',
  'x-sendfile',
];

const exact = new Set(neverPassedBack.filter((name) => !name.endsWith('*')));
const prefixes = neverPassedBack
  .filter((name) => name.endsWith('*'))
  .map((name) => name.slice(0, -1));

/** Tells whether a route may pass the header back. `name` is in lower case. */
export const mayBePassedBack = (name: string): boolean =>
  !exact.has(name) && !prefixes.some((prefix) => name.startsWith(prefix));
