// A request and its answer, as the functions see them instead of a Lambda event.
import type { Broker, RequestContext } from '#core/broker.ts';

export interface HttpRequest {
  id: string;
  method: string;
  /** An HTTP API passes the path on percent-decoded. */
  path: string;
  /** As it was sent. */
  rawQuery: string;
  /** Names are in lower case. Repeated headers are joined by a comma. */
  headers: Record<string, string | undefined>;
  cookies: string[];
  body: Uint8Array | undefined;
  /** The gateway took the body for text, but it is not: the bytes that were sent are lost. */
  isGarbled?: boolean;
  /** On the streaming front. */
  streaming?: {
    /** How long a body may pass, from now on. */
    mostMs: number;
    /** Aborted when the browser has left, where the runtime learns of it. */
    left: AbortSignal;
  };
}

export interface HttpAnswer {
  status: number;
  headers?: Record<string, string>;
  /** One Set-Cookie line each. */
  cookies?: string[];
  body?: string | Uint8Array;
  /** Replaces `body` on the streaming front. */
  stream?: AnswerStream;
}

export interface AnswerStream {
  body: AsyncIterable<Uint8Array>;
  /** Aborted when nothing more may be sent. */
  over: AbortSignal;
}

export type Handle<Env = Broker> = (
  context: RequestContext<Env>,
  request: HttpRequest,
) => Promise<HttpAnswer>;
