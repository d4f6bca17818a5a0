// Request headers that no route may pass on: what the broker or the gateways say, and what would make an upstream believe
// that somebody else asks, for something else, from elsewhere.

/** A star at the end stands for any run of characters. */
const neverPassedOn = [
  // The broker's own, and the secret by which CloudFront proves itself to the API.
  'x-bff-*',
  // Credentials.
  'authorization',
  'cookie*',
  'dpop*',
  'proxy-*',
  // Of one connection, or of the message on it (RFC 9110 section 7.6.1).
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
  // Another target or method than the call's.
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
