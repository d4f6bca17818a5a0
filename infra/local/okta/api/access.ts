// Decides who may call Okta's resources. oauth4webapi judges token and proof. This file adds Okta's order of checks,
// its words, its memory (revoked tokens, used proofs) and its strictness about times in the future.
import type { IncomingMessage } from 'node:http';
import { decodeJwt } from 'jose';
import {
  allowInsecureRequests,
  clockSkew,
  customFetch,
  type JWTAccessTokenClaims,
  validateJwtAccessToken,
} from 'oauth4webapi';
import { type OktaSettings, proofTime, signingAlgs } from '#infra/local/okta/options.ts';
import type { AuthorizationServer } from '#infra/local/okta/org.ts';
import {
  badProof,
  badToken,
  downgraded,
  noProof,
  noScope,
  oktaError,
  type RefusedAnswer,
  type Resource,
} from '#infra/local/okta/people/challenges.ts';
import { type Person, personById } from '#infra/local/okta/people/people.ts';
import type { ProofFault } from '#infra/local/okta/server/oauth-errors.ts';
import type { Replays } from '#infra/local/okta/tokens/replays.ts';

export interface Access {
  person: Person;
  scopes: Set<string>;
  clientId: string;
  acr: string | undefined;
  authTime: number;
}

export type Judgement =
  | { kind: 'granted'; access: Access }
  | { kind: 'refused'; refusal: RefusedAnswer };

interface Judge {
  settings: OktaSettings;
  server: AuthorizationServer;
  replays: Replays;
}

const refused = (refusal: RefusedAnswer): Judgement => ({ kind: 'refused', refusal });

/** Granted when the token has any of `scopes`. */
export async function judge(
  { settings, server, replays }: Judge,
  req: IncomingMessage,
  url: URL,
  scopes: string[],
): Promise<Judgement> {
  const resource = resourceOf(server, url, scopes);
  const [scheme = '', token = '', ...rest] = (req.headers.authorization ?? '').split(' ');
  const kind = scheme.toLowerCase();
  if (!token || rest.length > 0 || !['bearer', 'dpop'].includes(kind)) return refused(noSession());
  const shown = kind === 'dpop' ? 'DPoP' : 'Bearer';

  const stale = await staleToken(server, token);
  if (stale) return refused(badToken(resource, shown, stale));
  const proofs = req.headersDistinct.dpop ?? [];
  if (proofs.length > 1) return refused(badProof(resource, 'several'));
  const [proof] = proofs;
  if (!proof) return refused(noProof(resource));
  if (kind === 'bearer') return refused(downgraded(resource));

  const verdict = await verify(settings, server, req, url);
  if (typeof verdict === 'string') return refused(badProof(resource, verdict));
  const fault = windowFault(settings, replays, proof);
  if (fault) return refused(badProof(resource, fault));
  return grant(resource, verdict, scopes);
}

function resourceOf(server: AuthorizationServer, url: URL, scopes: string[]): Resource {
  return {
    issuer: server.issuer,
    authorizationUri: `${server.issuer}${server.name === 'org' ? '/oauth2' : ''}/v1/authorize`,
    scope: scopes[0] ?? '',
    path: url.pathname,
  };
}

const noSession = (): RefusedAnswer => ({
  status: 401,
  error: 'no_token',
  description: 'Invalid session',
  body: oktaError('E0000005'),
});

/**
 * Returns what is wrong with the token itself, if anything: it must be one of ours, not expired, and meant for Okta.
 */
async function staleToken({ provider, issuer }: AuthorizationServer, token: string) {
  let claims: ReturnType<typeof decodeJwt>;
  try {
    claims = decodeJwt(token);
  } catch {
    return 'The access token is invalid.';
  }
  if (claims.iss !== issuer) return 'The access token provided has an invalid issuer.';
  if (Number(claims.exp) * 1000 <= Date.now()) return 'The token has expired.';
  const known = await provider.AccessToken.find(token);
  if (!known) return 'The access token has been revoked.';
  return known.aud ? 'The access token provided is not intended for Okta.' : undefined;
}

async function verify(
  settings: OktaSettings,
  server: AuthorizationServer,
  req: IncomingMessage,
  url: URL,
): Promise<JWTAccessTokenClaims | ProofFault> {
  const headers = {
    authorization: req.headers.authorization ?? '',
    dpop: String(req.headers.dpop),
  };
  const request = new Request(url, { method: req.method ?? 'GET', headers });
  const metadata = { issuer: server.issuer, jwks_uri: `${server.issuer}/internal-keys` };
  const { published, internal } = server.keys;
  const keys = () => Response.json({ keys: [published.publicJwk, internal.publicJwk] });
  try {
    return await validateJwtAccessToken(metadata, request, server.audience, {
      requireDPoP: true,
      signingAlgorithms: [...signingAlgs],
      [allowInsecureRequests]: true,
      [clockSkew]: settings.skewSeconds,
      // The keys of org access tokens are not published.
      [customFetch]: async () => keys(),
    });
  } catch (error) {
    return proofFaultOf(error);
  }
}

/** Translates the library's finding into one of Okta's texts. */
export function proofFaultOf(error: unknown): ProofFault {
  const { message = '', cause } = (error ?? {}) as { message?: string; cause?: { claim?: string } };
  const claim = cause?.claim ?? /JWT "(\w+)"/.exec(message)?.[1] ?? '';
  if (claim === 'cnf.jkt') return 'binding';
  if (claim === 'exp') return 'expired';
  if (claim === 'iat' && /recent/.test(message)) return 'past';
  if (/signature verification failed/.test(message)) return 'signature';
  if (/parse|Invalid JWT|base64|top level/i.test(message)) return 'unreadable';
  return claimFaults.find((fault) => fault === claim) ?? 'other';
}

const claimFaults: ProofFault[] = ['htm', 'htu', 'iat', 'jti', 'ath', 'typ', 'alg'];

function windowFault(
  settings: OktaSettings,
  replays: Replays,
  proof: string,
): ProofFault | undefined {
  const { iat, jti } = decodeJwt(proof);
  const now = proofTime(settings);
  if (Number(iat) > now + settings.futureToleranceSeconds) return 'future';
  if (Number(iat) < now - 300) return 'past';
  return replays.firstUse(String(jti)) ? undefined : 'used';
}

function grant(resource: Resource, claims: JWTAccessTokenClaims, scopes: string[]): Judgement {
  const held = new Set(String(claims.scope ?? '').split(' '));
  if (!scopes.some((scope) => held.has(scope))) return refused(noScope(resource, 'DPoP'));
  const person = personById(claims.sub);
  if (!person) return refused(badToken(resource, 'DPoP', 'The access token is invalid.'));
  const access = {
    person,
    scopes: held,
    clientId: claims.client_id,
    acr: claims.acr as string | undefined,
    authTime: Number(claims.auth_time ?? 0),
  };
  return { kind: 'granted', access };
}
