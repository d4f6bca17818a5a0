// Okta's words for the refusals of oidc-provider (Okta's error code catalogue).
import type { KoaContextWithOIDC } from 'oidc-provider';

interface Refusal {
  status: number;
  error: string;
  error_description: string;
}

interface ProviderError extends Error {
  statusCode?: number;
  error?: string;
  error_description?: string;
  error_detail?: string;
  cause?: unknown;
}

const proof = (text: string): Refusal => ({
  status: 400,
  error: 'invalid_dpop_proof',
  error_description: text,
});

export const proofTexts = {
  missing: 'The DPoP proof JWT header is missing.',
  several: 'Multiple DPoP proof JWT headers are not allowed.',
  typ: "'typ' must be 'dpop+jwt' in the DPoP proof JWT.",
  alg: 'The DPoP proof JWT signature algorithm is invalid.',
  unreadable: 'The DPoP proof JWT cannot be parsed.',
  signature: 'The DPoP proof JWT signature is invalid.',
  htm: "'htm' claim in the DPoP proof JWT is invalid.",
  htu: "'htu' claim in the DPoP proof JWT is invalid.",
  iat: "'iat' claim in the DPoP proof JWT is invalid.",
  jti: "'jti' claim in the DPoP proof JWT is invalid.",
  future: 'The DPoP proof JWT is issued in the future.',
  past: 'The DPoP proof JWT is issued more than five minutes in the past.',
  expired: 'The DPoP proof JWT is expired.',
  used: 'The DPoP proof JWT has already been used.',
  ath: "'ath' claim in the DPoP proof does not match the presented access_token.",
  binding: 'The access_token is not bound to the provided DPoP proof.',
  refreshBinding: 'Invalid DPoP Public Key binding in refresh token',
  other: 'The DPoP proof JWT is invalid.',
} as const;

export type ProofFault = keyof typeof proofTexts;

export const useNonceText = 'Authorization server requires nonce in DPoP proof.';

export function refusalOf(ctx: KoaContextWithOIDC, error: ProviderError): Refusal {
  const detail = error.error_detail ?? '';
  switch (error.error) {
    case 'use_dpop_nonce':
      return { status: 400, error: 'use_dpop_nonce', error_description: useNonceText };
    case 'invalid_dpop_proof':
      return proof(proofTexts[proofFault(ctx, error)]);
    case 'invalid_client':
      return { status: 401, error: 'invalid_client', error_description: clientText(detail) };
    case 'invalid_grant':
      // The library checks the grant before it notices that the proof is missing.
      if (ctx.oidc.route === 'token' && !ctx.get('DPoP')) return proof(proofTexts.missing);
      return grantRefusal(detail, ctx.oidc.params?.grant_type);
    case 'invalid_request':
      return requestRefusal(error);
    default:
      return {
        status: error.statusCode ?? 500,
        error: error.error ?? 'server_error',
        error_description: error.error_description ?? 'Internal Server Error',
      };
  }
}

function proofFault(ctx: KoaContextWithOIDC, error: ProviderError): ProofFault {
  if (ctx.get('DPoP').includes(',')) return 'several';
  const text = error.error_description ?? '';
  const known = (Object.keys(proofTexts) as ProofFault[]).find((key) => proofTexts[key] === text);
  if (known) return known;
  const claim = /\b(htm|htu|iat|jti|ath)\b/.exec(text)?.[1] as ProofFault | undefined;
  return claim ?? joseFault(error.cause);
}

/** What jose found wrong with a proof. */
export function joseFault(cause: unknown): ProofFault {
  const { code, claim } = (cause ?? {}) as { code?: string; claim?: string };
  switch (code) {
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return 'alg';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'signature';
    case 'ERR_JWT_EXPIRED':
      return 'expired';
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return claim === 'typ' ? 'typ' : claim === 'iat' ? 'iat' : 'other';
    default:
      return 'unreadable';
  }
}

const clientTexts: [RegExp, string][] = [
  [
    /audience|\baud\b/,
    'The audience claim for client_assertion must be the endpoint invoked for the request.',
  ],
  [
    /expiration must be/,
    "The client_assertion must contain the 'exp' claim as seconds since epoch.",
  ],
  [/too far/, 'The client_assertion token has an expiration too far into the future.'],
  [/jwt expired/, 'The client_assertion token is expired.'],
  [
    /issued in the future|jwt not active/,
    'The client_assertion token must be issued before the current time.',
  ],
  [/only be used once/, 'The client_assertion token has already been used.'],
  [/sub \(/, 'The subject claim for client_assertion is not a valid client_id.'],
  [/iss \(/, 'The issuer claim for client_assertion is not a valid client_id.'],
  [/alg mismatch/, 'The client_assertion JWT signature algorithm is invalid.'],
  [/signature|keys?\b/, 'The client_assertion signature is invalid.'],
  [/client not found/, "Invalid value for 'client_id' parameter."],
  [/invalid secret/, 'The client secret supplied for a confidential client is invalid.'],
];

const clientText = (detail: string) =>
  clientTexts.find(([pattern]) => pattern.test(detail))?.[1] ??
  'Client authentication failed. Either the client or the client credentials are invalid.';

function grantRefusal(detail: string, grantType: unknown): Refusal {
  if (detail === 'failed jkt verification') return proof(proofTexts.refreshBinding);
  if (/Replay detected/.test(detail)) return proof(proofTexts.used);
  if (/DPoP proof JWT/.test(detail)) return proof(proofTexts.missing);
  const refused = (error_description: string) => ({
    status: 400,
    error: 'invalid_grant',
    error_description,
  });
  if (/code_verifier/.test(detail)) return refused('PKCE verification failed.');
  if (/redirect_uri mismatch/.test(detail)) {
    return refused(
      "The 'redirect_uri' does not match the redirection URI used in the authorization request.",
    );
  }
  return grantType === 'refresh_token'
    ? refused('The refresh token is invalid or expired.')
    : refused('The authorization code is invalid or has expired.');
}

function requestRefusal(error: ProviderError): Refusal {
  const text = error.error_description ?? '';
  if (/only be provided using one mechanism|client_id mismatch/.test(text)) {
    // 400 in the published API reference, 401 in the error catalogue.
    return {
      status: 400,
      error: 'invalid_request',
      error_description:
        'Cannot supply multiple client credentials. Use one of the following: credentials in the ' +
        'Authorization header, credentials in the post body, or a client_assertion in the post body.',
    };
  }
  return { status: error.statusCode ?? 400, error: 'invalid_request', error_description: text };
}
