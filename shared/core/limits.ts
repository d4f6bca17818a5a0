// Every limit of waiting and of size, in one place. A caller waits longer than what it calls, so each failure
// is answered where its reason is known. How long something is kept is written beside the code that keeps it.

/** Milliseconds, from outside in: none is shorter than the next, which it may wait for (test/core/limits.test.ts). */
export const waitsMs = {
  /** CloudFront waits for the HTTP API, which gives up earlier and says so itself. */
  cloudFront: 35_000,
  /** An HTTP API waits for its function. AWS allows no more. */
  httpApi: 30_000,
  /** Lambda ends a function that a browser waits for, before the gateway gives up, so that our log shows it. */
  lambda: 29_000,
  /** The broker answers by then, even where Lambda would allow more. */
  answer: 28_000,
  /** An API, unless its route allows less. What is left is for the session, the token, the proof and one more try. */
  upstream: 25_000,
  /** A call waits until another call has renewed the token. If that one dies, its lease ends earlier. */
  otherRenewal: 20_000,
  /** A renewal holds its lease. Okta's grace for a rotated refresh token (30 s) lasts for a second lease. */
  lease: 15_000,
  /** The token endpoint, during the lease: the rest of it is for the server's keys and the table. */
  refresh: 10_000,
  /** The metadata of the authorization server. */
  metadata: 5_000,
  /** A connection to any server. */
  connection: 5_000,
  /** One try at an AWS service, which takes milliseconds. */
  aws: 3_000,
  /** The signature keys of the authorization server: a renewal reads them during its lease. */
  keySet: 3_000,
  /** A connection to AWS by the SDK. */
  awsConnection: 1_000,
  /** A write that only helps later calls: the user does not wait longer, and Lambda freezes what runs later. */
  afterwards: 200,
} as const;

/** What Lambda leaves the broker for sending its answer. */
export const lastMomentsMs = waitsMs.lambda - waitsMs.answer;

/** What the operator's function keeps for its answer, after the last thing that it began. */
export const operatorLastMomentsMs = 10_000;

/**
 * Steps that wait for the authorization server. Their limits add up to more than a request has, so each takes at most a
 * share of the time that is left.
 */
export const steps = {
  /** The code is lost when we give up, so this waits longest. */
  codeExchange: { mostMs: 15_000, share: 0.6 },
  /** A share of the lease. The rest is for storing the answer, because the old refresh token may be spent. */
  refresh: { mostMs: waitsMs.refresh, share: 0.8 },
  pushedRequest: { mostMs: 8_000, share: 0.6 },
  /** Only some claims come from there. */
  userInfo: { mostMs: 4_000, share: 0.5 },
  /** Best effort: an access token expires by itself. */
  revocation: { mostMs: 3_000, share: 0.5 },
} as const;

/** Milliseconds of the functions that no browser waits for. */
export const lambdaMs = {
  /** Lambda's own limit. A stream lives on after its first byte. */
  stream: 900_000,
  /** At most, it asks the authorization server for metadata and keys. */
  machine: 15_000,
  /** The operator asks again when this is not enough. */
  operator: 300_000,
  /** At most, it reads a secret. */
  authorizer: 5_000,
} as const;

/** The streaming front ends a connection after this silence, before the first byte and between two. */
export const silenceMs = 60_000;

export const mostBytes = {
  /** An event or an answer of Lambda, as JSON. */
  lambda: 6_291_556,
  /** The body of an answer that Lambda sends as text: what is left of `lambda` is for the headers. */
  text: 6_000_000,
  /** A body to or from an API. In base64 it needs a third more, and still fits. */
  body: 4_400_000,
  /** An answer of AWS: a query returns up to 1 MB at a time, which is more as JSON. */
  awsAnswer: 8_388_608,
  /** An answer of the authorization server. */
  issuerAnswer: 1_048_576,
  /** All headers of an answer. */
  headers: 65_536,
  /** A body that is brief, so that its connection need not count as a stream. */
  brief: 65_536,
  /** Status and headers of a streamed answer, with eight NUL bytes behind them (Lambda). */
  streamHead: 16_384,
  /** A body or a query that anybody can send to one of our own endpoints: a logout token has about 2 kB. */
  endpoint: 16_384,
  /** A challenge, or a body that may hold an OAuth error: both are parsed. */
  refusal: 16_384,
} as const;
