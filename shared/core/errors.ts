// One table gives every error code its status and its public sentence.

const answers = {
  bad_request: [400, 'The request cannot be understood.'],
  bad_return_to: [400, 'return_to must be a path of this application.'],
  bad_path: [400, 'The path could mean two things.'],
  csrf: [403, 'The request did not come from this application.'],
  not_signed_in: [401, 'Please sign in.'],
  session_expired: [401, 'The session has ended. Please sign in again.'],
  device_proof_required: [
    401,
    'The session needs a proof by the device, and this request has none.',
  ],
  step_up_required: [401, 'This needs a stronger sign-in.'],
  no_route: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This method is not allowed here.'],
  too_many_requests: [429, 'Too many at once. Please close something, or wait.'],
  body_too_large: [413, 'The request body is too large.'],
  response_too_large: [502, 'The answer is too large to pass on.'],
  upstream_unreachable: [502, 'The API cannot be reached.'],
  upstream_timeout: [504, 'The API took too long to answer.'],
  signer_unavailable: [503, 'Requests cannot be signed at the moment.'],
  store_unavailable: [503, 'Sessions cannot be read at the moment.'],
  refresh_unavailable: [503, 'The session cannot be renewed at the moment.'],
  login_failed: [502, 'Signing in did not work.'],
  internal: [500, 'Something went wrong here.'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof answers;

export const errorCodes = Object.keys(answers) as ErrorCode[];

export const statusOf = (code: ErrorCode): number => answers[code][0];
export const titleOf = (code: ErrorCode): string => answers[code][1];

/** A wait that differs from caller to caller, so that they do not all come back at once. */
export const retryIn = (ms: number) => ({
  'retry-after': String(Math.ceil(ms / 1000) + Math.floor(Math.random() * 3)),
});

export const retrySoon = () => retryIn(1_000);

/**
 * Ends a request. `message` goes to the log and says what was expected and what came. It never holds input, tokens or
 * ARNs. `extra` is added to the public answer.
 */
export class BrokerError extends Error {
  readonly code: ErrorCode;
  readonly extra: Record<string, string>;
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & {
      extra?: Record<string, string>;
      headers?: Record<string, string>;
    } = {},
  ) {
    super(message, options);
    this.name = 'BrokerError';
    this.code = code;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }
}

/** No signature was made, so nothing that needs one was sent. */
export class NotSigned extends BrokerError {
  constructor(message: string, options?: ErrorOptions & { headers?: Record<string, string> }) {
    super('signer_unavailable', message, options);
  }
}
