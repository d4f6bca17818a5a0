// Decides who may call the app's own API, in the words of RFC 9449 section 7. oauth4webapi judges token and proof with
// the authorization server's published keys; nonces and replays are remembered here.
import type { IncomingMessage } from 'node:http';
import { decodeJwt } from 'jose';
import {
  allowInsecureRequests,
  clockSkew,
  type JWKSCacheInput,
  type JWTAccessTokenClaims,
  jwksCache,
  validateJwtAccessToken,
} from 'oauth4webapi';
import { proofFaultOf } from '#infra/local/okta/api/access.ts';
import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { type OktaSettings, proofTime, signingAlgs } from '#infra/local/okta/options.ts';
import type { Nonces } from '#infra/local/okta/tokens/nonces.ts';
import type { Replays } from '#infra/local/okta/tokens/replays.ts';

export interface ResourceAccess {
  origin: string;
  settings: OktaSettings;
  /** Where the issuers publish their keys: the origin, by the address at which it listens. */
  issuerAt: string;
  /** The issuer whose tokens it accepts, and their audience. */
  trusted: { issuer: string; audience: string }[];
  replays: Replays;
  nonces: Nonces;
  /** Published keys, by issuer. */
  keys: Map<string, JWKSCacheInput>;
}

export interface Refused {
  kind: 'refused';
  refusal: OktaAnswer & { error: string; description: string };
  nonce: string | undefined;
}

export type Verdict =
  | { kind: 'granted'; claims: JWTAccessTokenClaims; nonce: string | undefined }
  | Refused;

export async function judgeCall(access: ResourceAccess, req: IncomingMessage): Promise<Verdict> {
  const [scheme = '', token = '', ...rest] = (req.headers.authorization ?? '').split(' ');
  if (!token || rest.length > 0) return refused('', 'A DPoP-bound access token is needed');
  if (scheme.toLowerCase() !== 'dpop') {
    return refused('invalid_token', 'The access token must be presented with the DPoP scheme');
  }
  const proofs = req.headersDistinct.dpop ?? [];
  const [proof] = proofs;
  if (proofs.length !== 1 || !proof) {
    return refused('invalid_dpop_proof', 'Exactly one DPoP proof is needed');
  }
  const issuer = claimsIn(token)?.iss;
  const trusted = access.trusted.find((one) => one.issuer === issuer);
  if (!trusted) return refused('invalid_token', 'The access token has an unknown issuer');

  let claims: JWTAccessTokenClaims;
  try {
    claims = await verify(access, trusted, req, proof);
  } catch (error) {
    return library(error);
  }
  const { nonce, jti, iat } = decodeJwt(proof) as { nonce?: string; jti: string; iat: number };
  if (nonce === undefined || !access.nonces.accepts(nonce)) {
    const why = nonce === undefined ? 'requires nonce' : 'requires a newer nonce';
    return refused('use_dpop_nonce', `Resource server ${why} in DPoP proof`, nonce);
  }
  if (iat > proofTime(access.settings) + access.settings.futureToleranceSeconds) {
    return refused('invalid_dpop_proof', 'The DPoP proof is issued in the future', nonce);
  }
  if (!access.replays.firstUse(jti)) {
    return refused('invalid_dpop_proof', 'The DPoP proof has been used before', nonce);
  }
  return { kind: 'granted', claims, nonce };
}

function verify(
  access: ResourceAccess,
  { issuer, audience }: { issuer: string; audience: string },
  req: IncomingMessage,
  proof: string,
): Promise<JWTAccessTokenClaims> {
  const request = new Request(new URL(req.url ?? '/', access.origin), {
    method: req.method ?? 'GET',
    headers: { authorization: req.headers.authorization ?? '', dpop: proof },
  });
  const { pathname } = new URL(issuer);
  const keys = pathname === '/' ? '/oauth2/v1/keys' : `${pathname}/v1/keys`;
  const jwks_uri = new URL(keys, access.issuerAt).href;
  const cache = access.keys.get(issuer) ?? {};
  access.keys.set(issuer, cache);
  return validateJwtAccessToken({ issuer, jwks_uri }, request, audience, {
    requireDPoP: true,
    signingAlgorithms: [...signingAlgs],
    [allowInsecureRequests]: true,
    [jwksCache]: cache,
    [clockSkew]: access.settings.skewSeconds,
  });
}

const aboutProof = ['htm', 'htu', 'ath', 'jti', 'past', 'binding'];

function library(error: unknown): Refused {
  const fault = proofFaultOf(error);
  const { message = '' } = error as Error;
  return aboutProof.includes(fault) || /DPoP/.test(message)
    ? refused('invalid_dpop_proof', message)
    : refused('invalid_token', message);
}

const claimsIn = (token: string) => {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
};

export function refused(error: string, description: string, nonce?: string): Refused {
  const fields = [
    ...(error
      ? [`error="${error}"`, `error_description="${description.replaceAll('"', "'")}"`]
      : []),
    `algs="${signingAlgs.join(' ')}"`,
  ];
  const headers = { 'www-authenticate': `DPoP ${fields.join(', ')}` };
  return {
    kind: 'refused',
    refusal: { status: 401, headers, error: error || 'no_token', description },
    nonce,
  };
}
