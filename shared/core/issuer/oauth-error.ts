// Error codes of the authorization server that may be passed on and logged. Only registered ones may: anything else in
// `error` could be anybody's text.

/** Returns the `error` of an OAuth error body (RFC 6749 section 5.2), if it has one. */
export function oauthError(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const error = (body as { error?: unknown } | null)?.error;
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}

export const isClientRefused = ({ status, text }: { status: number; text: string }): boolean =>
  (status === 400 || status === 401) && oauthError(text) === 'invalid_client';

export const registeredErrors = [
  'access_denied',
  'account_selection_required',
  'consent_required',
  'insufficient_scope',
  'insufficient_user_authentication',
  'interaction_required',
  'invalid_client',
  'invalid_dpop_proof',
  'invalid_grant',
  'invalid_request',
  'invalid_request_object',
  'invalid_request_uri',
  'invalid_scope',
  'invalid_target',
  'login_required',
  'registration_not_supported',
  'request_not_supported',
  'request_uri_not_supported',
  'server_error',
  'temporarily_unavailable',
  'unauthorized_client',
  'unmet_authentication_requirements',
  'unsupported_grant_type',
  'unsupported_response_type',
  'unsupported_token_type',
  'use_dpop_nonce',
] as const;

export type RegisteredError = (typeof registeredErrors)[number];

export const registeredError = (error: string | undefined): RegisteredError | undefined =>
  registeredErrors.find((registered) => registered === error);
