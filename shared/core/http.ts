// One HTTP exchange as the core asks for it: exact bytes, exact path, header lines kept apart, no
// redirects, no cookies, no decoding. adapters/http-client.ts does it.

export type HeaderLines = readonly (readonly [name: string, value: string])[];

export interface Outgoing {
  /** Scheme, host and port. */
  origin: string;
  method: string;
  /** Path and query, exactly as they go on the wire. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array | undefined;
  /** From now to the last byte of the answer; for a stream, to its first. */
  timeoutMs: number;
  /** Of the answer's body, as it comes. */
  maxBytes: number;
}

export interface Incoming {
  status: number;
  /** Names in lower case; a name that came twice is there twice, in order. */
  headers: HeaderLines;
  body: Buffer;
}

export interface IncomingStream {
  status: number;
  headers: HeaderLines;
  /** Reading it pulls; leaving the loop early ends the connection. */
  body: AsyncIterable<Buffer>;
  /** Ends the connection of a body that nobody will read. */
  cancel(): void;
}

export interface Http {
  /** Throws HttpFailure; `cut` when the signal aborts. */
  send(request: Outgoing, signal?: AbortSignal): Promise<Incoming>;
  /** The same, answering as soon as the header has come. */
  open(request: Outgoing, signal?: AbortSignal): Promise<IncomingStream>;
}

/**
 * refused: no connection. broken: the connection ended before any answer. cut: it ended within the answer.
 * timeout: our patience ended. too_large: more than maxBytes. malformed: not HTTP, or not a request we may send.
 */
export type HttpFault = 'refused' | 'broken' | 'cut' | 'timeout' | 'too_large' | 'malformed';

export class HttpFailure extends Error {
  readonly fault: HttpFault;

  /** `reason` is a code such as ECONNREFUSED; never what came over the wire. */
  constructor(fault: HttpFault, reason?: string) {
    super(reason ? `the exchange failed: ${fault} (${reason})` : `the exchange failed: ${fault}`);
    this.name = 'HttpFailure';
    this.fault = fault;
  }
}
