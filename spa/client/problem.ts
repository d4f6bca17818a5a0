// Errors with a code to branch on: the broker's own (application/problem+json, X-BFF-Answer) and the client's.

/** The broker's own refusals (docs/http.md). */
export type ErrorCode =
  | 'bad_request'
  | 'bad_return_to'
  | 'bad_path'
  | 'csrf'
  | 'not_signed_in'
  | 'session_expired'
  | 'device_proof_required'
  | 'step_up_required'
  | 'no_route'
  | 'method_not_allowed'
  | 'too_many_requests'
  | 'body_too_large'
  | 'response_too_large'
  | 'upstream_unreachable'
  | 'upstream_timeout'
  | 'signer_unavailable'
  | 'store_unavailable'
  | 'refresh_unavailable'
  | 'login_failed'
  | 'internal';

/** `offline`, `network` and `timeout`: no answer. `upstream`: the API's own refusal, in `body`. */
export type BffErrorCode = ErrorCode | 'offline' | 'network' | 'timeout' | 'upstream';

/** What the broker answers when it refuses: RFC 9457. */
export interface Problem {
  /** Always `about:blank`. */
  type: string;
  /** The HTTP status. */
  status: number;
  /** What a program branches on. */
  code: ErrorCode;
  /** What a person may read. */
  title: string;
  /** For the log. */
  request_id?: string;
  /** Where a step-up begins. It is missing once signing in again has not helped. */
  login_url?: string;
}

/** What calls reject with. */
export class BffError extends Error {
  /** What to branch on. */
  declare readonly code: BffErrorCode;
  /** 0 when there was no answer. */
  declare readonly status: number;
  /** The answer's JSON: a Problem, or whatever the API sent. */
  declare readonly body: unknown;
  /** How many seconds to wait, if the server said so. */
  declare readonly retryAfter: number | undefined;

  constructor(
    code: BffErrorCode,
    message: string = code,
    more: ErrorOptions & { status?: number; body?: unknown; retryAfter?: number | undefined } = {},
  ) {
    super(message, more);
    Object.assign(this, { name: 'BffError', code, status: 0, ...more });
  }
}

/** The session is bound to a device, and this request did not prove it. */
export const unproven = 'device_proof_required';

/** Names the call for the developer, without its query. */
export const at = (what: string, url: string, method = 'GET') =>
  `${what} (${method} ${url.split('?')[0]})`;

/** The error for an answer. It reads the body. `method` is named in the message. */
export async function errorOf(response: Response, method?: string): Promise<BffError> {
  const { status, headers, url } = response;
  const body = await response.json().catch(() => undefined);
  // Only the broker can send this header: a problem of an API does not count as the broker's.
  const ours = headers.has('x-bff-answer') && body?.code;
  const says = (ours ? body.title : body?.errorSummary) || `HTTP ${status}`;
  return new BffError(ours || 'upstream', at(says, url, method), {
    body,
    status,
    retryAfter: +(headers.get('retry-after') as string) || undefined,
  });
}
