// One HTTP exchange as the core needs it: exact bytes, an exact path, separate header lines; no redirects, no cookies,
// no decoding. adapters/http/client.ts implements it.

export type HeaderLines = readonly (readonly [name: string, value: string])[];

export interface Outgoing {
  /** Scheme, host and port. */
  origin: string;
  method: string;
  /** Path and query, exactly as they go on the wire. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array | undefined;
  /** The time from now to the last byte of the answer; for a stream, to its first byte. */
  timeoutMs: number;
  /** The most bytes that the body of the answer may have, as they come. */
  maxBytes: number;
}

export interface Incoming {
  status: number;
  /** Names are in lower case. A repeated name is listed once per line, in order. */
  headers: HeaderLines;
  body: Buffer;
}

export interface IncomingStream {
  status: number;
  headers: HeaderLines;
  /** Reading pulls the bytes. Leaving the loop early ends the connection. */
  body: AsyncIterable<Buffer>;
  /** Ends the connection when nobody will read the body. */
  cancel(): void;
}

export interface Http {
  /** Throws HttpFailure, with `cut` when the signal aborts. */
  send(request: Outgoing, signal?: AbortSignal): Promise<Incoming>;
  /** Does the same, but answers as soon as the header has come. */
  open(request: Outgoing, signal?: AbortSignal): Promise<IncomingStream>;
}

/**
 * refused: there was no connection. broken: the connection ended before any answer. cut: it ended within the answer.
 * timeout: we stopped waiting. too_large: more than maxBytes came. malformed: it is not HTTP, or not a request that we
 * may send.
 */
export type HttpFault = 'refused' | 'broken' | 'cut' | 'timeout' | 'too_large' | 'malformed';

export class HttpFailure extends Error {
  readonly fault: HttpFault;

  /** `reason` is a code such as ECONNREFUSED, and never holds anything that came over the wire. */
  constructor(fault: HttpFault, reason?: string) {
    super(reason ? `the exchange failed: ${fault} (${reason})` : `the exchange failed: ${fault}`);
    this.name = 'HttpFailure';
    this.fault = fault;
  }
}
