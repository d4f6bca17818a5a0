// Why a request is refused, and what its client is told: RFC 9449 sections 7.1, 8 and 9, RFC 6750 section 3. One table
// gives every reason its error and its sentence. A sentence never contains anything that came with the request.

type Answer = readonly [status: number, error: string | undefined, sentence: string];

const request = (sentence: string): Answer => [400, 'invalid_request', sentence];
const token = (sentence: string): Answer => [401, 'invalid_token', sentence];
const proof = (sentence: string): Answer => [401, 'invalid_dpop_proof', sentence];
const nonce = (sentence: string): Answer => [401, 'use_dpop_nonce', sentence];
/** Something that a verdict needs is unavailable. Without a verdict, nothing is accepted. */
const away = (sentence: string): Answer => [503, 'temporarily_unavailable', sentence];

const answers = {
  // A request that brought nothing learns no error, only what is needed (RFC 6750 section 3.1).
  token_missing: [401, undefined, 'an access token and a DPoP proof are needed'],
  authorization_repeated: request('there is more than one Authorization header'),
  authorization_malformed: request('the Authorization header cannot be read'),

  bearer_denied: token('Bearer tokens are not accepted here, use DPoP'),
  bearer_with_bound_token: token('the access token is bound to a key and needs the scheme DPoP'),
  token_malformed: token('the access token cannot be read'),
  token_type: token('the token is not an access token'),
  token_alg: token('the alg of the access token is not accepted'),
  token_key_unknown: token('the issuer has no key that fits the access token'),
  token_signature: token('the signature of the access token is wrong'),
  token_issuer: token('the access token comes from another issuer'),
  token_audience: token('the access token is for another audience'),
  token_expired: token('the access token has expired'),
  token_not_yet: token('the access token is not valid yet'),
  token_claims: token('a claim of the access token is missing or has the wrong type'),
  token_inactive: token('the issuer says that the access token is not active'),
  token_not_bound: token('the access token is not bound to a key, cnf.jkt is missing'),

  proof_missing: proof('the DPoP header is missing'),
  proof_repeated: proof('there is more than one DPoP proof'),
  proof_malformed: proof('the DPoP proof cannot be read'),
  proof_typ: proof('typ of the DPoP proof is not dpop+jwt'),
  proof_alg: proof('alg of the DPoP proof is not accepted'),
  proof_jwk_missing: proof('jwk of the DPoP proof is missing'),
  proof_jwk_private: proof('jwk of the DPoP proof holds a private key'),
  proof_jwk_unfit: proof('jwk of the DPoP proof does not fit its alg'),
  proof_signature: proof('the signature of the DPoP proof is wrong'),
  proof_claims: proof('htm, htu, iat or jti of the DPoP proof is missing or has the wrong type'),
  proof_jti: proof('jti of the DPoP proof is too long'),
  proof_htm: proof('htm of the DPoP proof is not the method of the request'),
  proof_htu: proof('htu of the DPoP proof is not the URI of the request'),
  proof_too_old: proof('iat of the DPoP proof is too long ago'),
  proof_in_future: proof('iat of the DPoP proof is in the future'),
  proof_expired: proof('the DPoP proof is outside its own exp or nbf'),
  proof_ath_missing: proof('ath of the DPoP proof is missing'),
  proof_ath: proof('ath of the DPoP proof is not the hash of the access token'),
  proof_key_not_bound: proof(
    'the access token is bound to another key than that of the DPoP proof',
  ),
  proof_used: proof('the DPoP proof has been used before'),
  nonce_missing: nonce('the DPoP proof needs a nonce of this server'),
  nonce_unknown: nonce('the DPoP proof needs a newer nonce of this server'),

  scope_missing: [403, 'insufficient_scope', 'the access token lacks a scope that is needed here'],

  keys_unavailable: away('the keys of the issuer are not available'),
  key_not_sought: away('the key of the access token cannot be looked up so soon again'),
  introspection_unavailable: away('the issuer does not answer about the access token'),
  replay_unavailable: away('nobody can tell at the moment whether the DPoP proof is new'),
  nonce_unavailable: away('nonces are not available'),
} as const satisfies Record<string, Answer>;

/** Why a request is refused: a word for logs and metrics. */
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

/** The request must not pass, and this is the answer to it. */
export interface Refused {
  /** Distinguishes it from what may pass. */
  kind: 'refused';
  /** What to count and to log. */
  reason: Reason;
  /** 401, 403, 400, or 503 when it could not be judged. */
  status: number;
  /** Names are in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The JSON of the answer, as RFC 6750 has it. */
  body: { error?: string; error_description: string };
  /** What failed, when something was not available. It is for the log, and not for the client. */
  cause?: unknown;
}

export interface Challenge {
  algs: readonly string[];
  bearer: 'deny' | 'allow';
  /** The scheme of the request, if it could be read. */
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
