// The broker's refusals, with its own statuses and titles.
import type { ErrorCode, Problem } from '../index.ts';

const answers: Record<ErrorCode, [status: number, title: string]> = {
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
};

/** For a handler that refuses as the broker does: `problem('step_up_required', { login_url: '/bff/login?max_age=300' })`. */
export function problem(code: ErrorCode, more: Partial<Problem> = {}): Response {
  const [status, title] = answers[code];
  const body = { type: 'about:blank', status, code, title, request_id: 'fake', ...more };
  const headers = {
    'content-type': 'application/problem+json',
    'x-bff-answer': '1',
    ...(status === 503 && { 'retry-after': '2' }),
  };
  return new Response(JSON.stringify(body), { status, headers });
}

/** No answer of the broker is ever cached. */
export function withHeaders(response: Response): Response {
  const { status, statusText, body } = response;
  const headers = new Headers(response.headers);
  headers.set('cache-control', 'no-store');
  headers.set('date', new Date().toUTCString());
  return new Response(body, { status, statusText, headers });
}
