// Each of Okta's DPoP refusals: the part of the proof that was wrong, and what to do about it.

export interface Explanation {
  /** The claim or header field. */
  what: string;
  todo: string;
}

const known: [says: RegExp, what: string, todo: string][] = [
  [
    /requires nonce/,
    'nonce',
    'Nothing to do: this is how a server hands out its nonce. The broker repeats the call with it and remembers it.',
  ],
  [
    /header is missing/,
    'DPoP header',
    'The call had no proof. Send one with every call, also to the token endpoint; the broker does.',
  ],
  [
    /Multiple DPoP/,
    'DPoP header',
    'There were two proofs. Something on the way added one: remove it.',
  ],
  [/'typ'/, 'typ', 'The header of the proof must say dpop+jwt.'],
  [
    /algorithm is invalid/,
    'alg',
    'Sign with an asymmetric algorithm that the server’s metadata list (dpop_signing_alg_values_supported).',
  ],
  [
    /cannot be parsed/,
    'the JWT',
    'The header is not a JWT of three parts. Look at what sends it: it may be cut off.',
  ],
  [
    /signature is invalid/,
    'signature',
    'It was not made by the key in jwk. ECDSA signatures must be 64 bytes, not DER as KMS returns them.',
  ],
  [/'htm'/, 'htm', 'The method of the call, in capitals. It must be the one that is really sent.'],
  [
    /'htu'/,
    'htu',
    'The address of the call without query and fragment, as the server sees it. A proxy that changes host or path breaks it.',
  ],
  [/'iat'/, 'iat', 'The time of signing in whole seconds since 1970: a number, not a string.'],
  [/'jti'/, 'jti', 'Every proof needs a random identifier of its own.'],
  [/issued in the future/, 'iat', 'The clock of the signer is ahead. Set it by NTP.'],
  [
    /five minutes in the past|is expired/,
    'iat',
    'The proof is older than five minutes. Make one for each call, and check the clock.',
  ],
  [
    /already been used/,
    'jti',
    'The proof was sent twice. Make a new one for each attempt, retries included. If nobody did, somebody else has it.',
  ],
  [
    /'ath'/,
    'ath',
    'The SHA-256 of the access token in base64url. The proof was made for another token: make it after a renewal, not before.',
  ],
  [
    /not bound to the provided/,
    'jwk',
    'The key of the proof is not the one that the token is bound to (cnf.jkt). A session must keep its key until it ends.',
  ],
  [
    /Public Key binding in refresh token/,
    'jwk',
    'A renewal came with another key than the sign-in. Keep the key, or sign in again (rebindOnRefresh is not possible here).',
  ],
  [
    /DPoP authentication scheme/,
    'Authorization',
    'The token is bound to a key and was sent as Bearer. Send “Authorization: DPoP …” with a proof.',
  ],
  [
    /^The DPoP proof JWT is invalid/,
    'the claims',
    'Compare the claims below with RFC 9449 section 4.2.',
  ],
];

export function explained(description: string | undefined): Explanation | undefined {
  const found = description && known.find(([says]) => says.test(description));
  return found ? { what: found[1], todo: found[2] } : undefined;
}
