// Why a request is refused, and what its client is told: RFC 9449 sections 7.1, 8 and 9, RFC 6750 section 3. One table
// gives every reason its error and its sentence. A sentence never holds anything that came with the request.

const answers = {
  // Of the credentials as a whole (RFC 6750 section 3.1).
  token_missing: [401, undefined, 'an access token and a DPoP proof are needed'],
  authorization_repeated: [400, 'invalid_request', 'there is more than one Authorization header'],
  authorization_malformed: [400, 'invalid_request', 'the Authorization header cannot be read'],

  bearer_denied: [401, 'invalid_token', 'a Bearer token is not accepted here, use DPoP'],
  bearer_with_bound_token: [
    401,
    'invalid_token',
    'the access token is bound to a key, it must come with the scheme DPoP and a proof',
  ],
  token_malformed: [401, 'invalid_token', 'the access token cannot be read'],
  token_type: [401, 'invalid_token', 'the token is not an access token (RFC 9068)'],
  token_alg: [
    401,
    'invalid_token',
    'the access token is signed with an algorithm that is not accepted',
  ],
  token_key_unknown: [401, 'invalid_token', 'the issuer has no key that fits the access token'],
  token_signature: [401, 'invalid_token', 'the signature of the access token is wrong'],
  token_issuer: [401, 'invalid_token', 'the access token is from another issuer'],
  token_audience: [401, 'invalid_token', 'the access token is for another audience'],
  token_expired: [401, 'invalid_token', 'the access token has expired'],
  token_not_yet: [401, 'invalid_token', 'the access token is not valid yet'],
  token_claims: [
    401,
    'invalid_token',
    'the access token lacks a claim, or has one of the wrong type',
  ],
  token_inactive: [401, 'invalid_token', 'the issuer says that the access token is not active'],
  token_not_bound: [
    401,
    'invalid_token',
    'the access token is not bound to a key (cnf.jkt is missing)',
  ],

  proof_missing: [401, 'invalid_dpop_proof', 'the DPoP header is missing'],
  proof_repeated: [401, 'invalid_dpop_proof', 'there is more than one DPoP proof'],
  proof_malformed: [401, 'invalid_dpop_proof', 'the DPoP proof is not a JWT that can be read'],
  proof_typ: [401, 'invalid_dpop_proof', 'typ of the DPoP proof must be dpop+jwt'],
  proof_alg: [401, 'invalid_dpop_proof', 'alg of the DPoP proof is not accepted'],
  proof_jwk_missing: [401, 'invalid_dpop_proof', 'jwk is missing in the header of the DPoP proof'],
  proof_jwk_private: [401, 'invalid_dpop_proof', 'jwk of the DPoP proof holds a private key'],
  proof_jwk_unfit: [401, 'invalid_dpop_proof', 'jwk of the DPoP proof does not fit its alg'],
  proof_signature: [401, 'invalid_dpop_proof', 'the signature of the DPoP proof is wrong'],
  proof_claims: [
    401,
    'invalid_dpop_proof',
    'the DPoP proof lacks htm, htu, iat or jti, or one has the wrong type',
  ],
  proof_jti: [401, 'invalid_dpop_proof', 'jti of the DPoP proof is too long'],
  proof_htm: [401, 'invalid_dpop_proof', 'htm of the DPoP proof is not the method of the request'],
  proof_htu: [401, 'invalid_dpop_proof', 'htu of the DPoP proof is not the URI of the request'],
  proof_too_old: [401, 'invalid_dpop_proof', 'iat of the DPoP proof is too long ago'],
  proof_in_future: [401, 'invalid_dpop_proof', 'iat of the DPoP proof is in the future'],
  proof_expired: [401, 'invalid_dpop_proof', 'the DPoP proof is outside its own exp or nbf'],
  proof_ath_missing: [401, 'invalid_dpop_proof', 'ath is missing in the DPoP proof'],
  proof_ath: [
    401,
    'invalid_dpop_proof',
    'ath of the DPoP proof is not the hash of the access token',
  ],
  proof_key_not_bound: [
    401,
    'invalid_dpop_proof',
    'the access token is bound to another key than that of the DPoP proof',
  ],
  proof_used: [401, 'invalid_dpop_proof', 'the DPoP proof has been used before'],
  nonce_missing: [401, 'use_dpop_nonce', 'the DPoP proof needs the nonce of this server'],
  nonce_unknown: [401, 'use_dpop_nonce', 'the DPoP proof needs a newer nonce of this server'],

  scope_missing: [403, 'insufficient_scope', 'the access token lacks a scope that is needed here'],

  // What is needed for a verdict is away. Nothing is accepted without one.
  keys_unavailable: [503, undefined, 'the keys of the issuer are not available'],
  introspection_unavailable: [503, undefined, 'the issuer does not answer about the access token'],
  replay_unavailable: [503, undefined, 'it cannot be told whether the DPoP proof is new'],
  nonce_unavailable: [503, undefined, 'nonces are not available'],
} as const satisfies Record<string, readonly [number, string | undefined, string]>;

export type Reason = keyof typeof answers;

export const reasons = Object.keys(answers) as readonly Reason[];

export class Refusal extends Error {
  override name = 'Refusal';
  readonly reason: Reason;

  /** The message is the public sentence. A cause is for the log. */
  constructor(reason: Reason, options: ErrorOptions = {}) {
    super(answers[reason][2], options);
    this.reason = reason;
  }
}

export interface Refused {
  kind: 'refused';
  /** What to count and to log. */
  reason: Reason;
  status: number;
  /** Names are in lower case. */
  headers: Readonly<Record<string, string>>;
  body: { error?: string; error_description: string };
  /** What failed, when something was not available. It is for the log, and not for the client. */
  cause?: unknown;
}

export interface Challenge {
  algs: readonly string[];
  bearer: 'deny' | 'allow';
  /** With what the request came, where that could be read. */
  scheme?: 'DPoP' | 'Bearer' | undefined;
  nonce?: string | undefined;
  scopes?: readonly string[] | undefined;
}

export function refused({ reason, message, cause }: Refusal, challenge: Challenge): Refused {
  const [status, error] = answers[reason];
  const body = { ...(error !== undefined && { error }), error_description: message };
  return {
    kind: 'refused',
    reason,
    status,
    headers: {
      'cache-control': 'no-store',
      ...(status === 503
        ? { 'retry-after': String(1 + Math.floor(Math.random() * 3)) }
        : { 'www-authenticate': challengesFor(body, challenge) }),
      ...(status === 401 && challenge.nonce !== undefined && { 'dpop-nonce': challenge.nonce }),
    },
    body,
    ...(cause !== undefined && { cause }),
  };
}

/** The scheme that failed carries the error; with `bearer: allow` the other one is offered as well (section 7.2). */
function challengesFor(
  { error, error_description }: Refused['body'],
  { algs, bearer, scheme, scopes }: Challenge,
): string {
  const told = {
    ...(error !== undefined && { error, error_description }),
    ...(error === 'insufficient_scope' && { scope: (scopes ?? []).join(' ') }),
  };
  const offered = { algs: algs.join(' ') };
  if (bearer === 'deny') return one('DPoP', { ...told, ...offered });
  return scheme === 'Bearer'
    ? `${one('Bearer', told)}, ${one('DPoP', offered)}`
    : `${one('DPoP', { ...told, ...offered })}, Bearer`;
}

const one = (scheme: string, parameters: Record<string, string>): string =>
  [
    scheme,
    Object.entries(parameters)
      .map(([name, value]) => `${name}="${value}"`)
      .join(', '),
  ]
    .filter((part) => part !== '')
    .join(' ');
