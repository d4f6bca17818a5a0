// A request and its answer, between the Lambda event and the functions.

export interface HttpRequest {
  id: string;
  method: string;
  /** An HTTP API hands the path over percent-decoded. */
  path: string;
  /** As it was sent. */
  rawQuery: string;
  /** Lower-case names; what was sent twice is joined by a comma. */
  headers: Record<string, string | undefined>;
  cookies: string[];
  body: Uint8Array | undefined;
  /** The gateway took the body for text, and it was none: it is not what was sent. */
  isGarbled?: boolean;
  /** Until Lambda ends the invocation. */
  remainingMs(): number;
  /** Aborted when the browser has left, on a front that hears of it. */
  left?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers?: Record<string, string>;
  /** One Set-Cookie each. */
  cookies?: string[];
  body?: string | Uint8Array;
  /** In place of `body`, on the front that streams. */
  stream?: AnswerStream;
}

export interface AnswerStream {
  body: AsyncIterable<Uint8Array>;
  /** Aborted when nothing more may be sent. */
  over: AbortSignal;
}

export type Handle = (request: HttpRequest) => Promise<HttpAnswer>;
