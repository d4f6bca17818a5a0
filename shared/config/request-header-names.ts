// Request headers that no route may pass on: those that the broker or the gateways set, and those that would mislead an
// upstream about who asks, for what, and from where.

/** A star at the end matches any characters. */
const neverPassedOn = [
  // The broker's own, and the secret that CloudFront sends to the API.
  'x-bff-*',
  // Credentials.
  'authorization',
  'cookie*',
  'dpop*',
  'proxy-*',
  // Headers of one connection or of one message on it (RFC 9110 section 7.6.1).
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  // Headers that name another target or method.
  'host',
  'x-envoy-*',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-*',
  'x-rewrite-*',
  // Who asks, which a browser could make up, and where its page is.
  'cf-connecting-*',
  'client-ip',
  'cloudfront-*',
  'fastly-*',
  'forwarded*',
  'origin',
  'referer',
  'sec-*',
  'true-client-ip',
  'x-amz-cf-*',
  'x-amzn-*',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-forwarded*',
  'x-real-ip',
];

/** `name` is in lower case. */
export const mayBePassedOn = (name: string): boolean =>
  !neverPassedOn.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
