// How Okta's resources refuse a call: status, WWW-Authenticate and error body.
import { randomBytes } from 'node:crypto';
import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { signingAlgs } from '#infra/local/okta/options.ts';
import { type ProofFault, proofTexts } from '#infra/local/okta/server/oauth-errors.ts';

export interface Resource {
  /** The authorization server's issuer, which is also the realm. */
  issuer: string;
  authorizationUri: string;
  /** The scope that the endpoint requires. */
  scope: string;
  path: string;
}

export interface RefusedAnswer extends OktaAnswer {
  error: string;
  description: string;
}

type Scheme = 'Bearer' | 'DPoP';

function refusal(
  resource: Resource,
  scheme: Scheme,
  status: number,
  error: string,
  description: string,
  body?: unknown,
): RefusedAnswer {
  const fields = [
    ...(scheme === 'DPoP' ? [`algs="${signingAlgs.join(' ')}"`] : []),
    `authorization_uri="${resource.authorizationUri}"`,
    `realm="${resource.issuer}"`,
    `scope="${resource.scope}"`,
    `error="${error}"`,
    `error_description="${description}"`,
    `resource="${resource.path}"`,
  ];
  const headers = { 'www-authenticate': `${scheme} ${fields.join(', ')}` };
  return { status, headers, error, description, ...(body ? { body } : {}) };
}

/** Okta answers errors in the proof with 400, where RFC 9449 says 401. */
export const badProof = (resource: Resource, fault: ProofFault): RefusedAnswer =>
  refusal(resource, 'DPoP', 400, 'invalid_dpop_proof', proofTexts[fault]);

/** A missing proof is refused under the scheme Bearer. */
export const noProof = (resource: Resource): RefusedAnswer =>
  refusal(
    resource,
    'Bearer',
    400,
    'invalid_request',
    'The resource request requires a DPoP proof.',
  );

export const downgradedText =
  'The resource request must use the DPoP authentication scheme when using a DPoP bound token.';

export const downgraded = (resource: Resource): RefusedAnswer =>
  refusal(resource, 'Bearer', 400, 'invalid_request', downgradedText);

export const badToken = (resource: Resource, scheme: Scheme, text: string): RefusedAnswer =>
  refusal(resource, scheme, 401, 'invalid_token', text, oktaError('E0000011'));

export const noScope = (resource: Resource, scheme: Scheme): RefusedAnswer =>
  refusal(
    resource,
    scheme,
    403,
    'insufficient_scope',
    'The access token provided does not contain the required scopes.',
    oktaError('E0000006'),
  );

const summaries = {
  E0000001: 'Api validation failed: {0}',
  E0000003: 'The request body was not well-formed.',
  E0000005: 'Invalid session',
  E0000006: 'You do not have permission to perform the requested action',
  E0000007: 'Not found: Resource not found: {0}',
  E0000009: 'Internal Server Error',
  E0000011: 'Invalid token provided',
  E0000022: 'The endpoint does not support the provided HTTP method',
  E0000047: 'API call exceeded rate limit due to too many requests.',
} as const;

export type OktaErrorCode = keyof typeof summaries;

/** Only errorCode is stable. The causes may repeat what the caller sent. */
export const oktaError = (code: OktaErrorCode, about = '', causes: string[] = []) => ({
  errorCode: code,
  errorSummary: summaries[code].replace('{0}', about),
  errorLink: code,
  errorId: `oae${randomBytes(12).toString('base64url')}`,
  errorCauses: causes.map((errorSummary) => ({ errorSummary })),
});
