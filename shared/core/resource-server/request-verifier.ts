// The resource server's half of DPoP, and the door of this chapter: one verification of one request to an API of your
// own. The proof is checked by RFC 9449 section 4.3, the access token by RFC 9068 or RFC 7662, and a refusal is answered
// as sections 7.1, 8 and 9 of RFC 9449 and RFC 6750 section 3 say.
//
//   const verifyRequest = requestVerifier({ fetch, clock, replay, nonces }, settings);   // once per process
//   const verdict = await verifyRequest({ method, url, authorization, dpop }, { scopes: ['orders.read'] });
//   if (verdict.kind === 'refused') answer with verdict.status, verdict.headers and verdict.body; count verdict.reason
//   else verdict.access tells who calls; verdict.headers go with the answer; count verdict.scheme === 'Bearer'
import { sha256 } from '#core/lib/encoding.ts';
import type { Clock, Fetch } from '#core/ports.ts';
import { type Access, accessTokens } from './access-token.ts';
import { credentialsIn } from './authorization.ts';
import { boundedCache } from './bounded-cache.ts';
import { saysItIsBound } from './jwt.ts';
import type { NonceIssuer, ReplayStore } from './ports.ts';
import { checkedProof, identityOf, type Proof } from './proof.ts';
import type { ProofKey } from './proof-key.ts';
import { type Reason, Refusal, type Refused, refused } from './refusals.ts';
import { type ApiSettings, type CheckedSettings, checkedSettings } from './settings.ts';

export type { Access } from './access-token.ts';
export { memoryReplay } from './memory-replay.ts';
export type { NonceIssuer, ReplayStore } from './ports.ts';
export type { Reason, Refused } from './refusals.ts';
export { reasons } from './refusals.ts';
export type { ApiSettings, Introspection, TokenType } from './settings.ts';
export { type Mac, timeNonces } from './time-nonces.ts';

export interface ApiRequest {
  /** As it came, in upper case. */
  method: string;
  /** Path and query as they came. A scheme and host before them count only with `trustHost`. */
  url: string;
  /** True when whoever delivers the request has decoded the path, as HTTP APIs of API Gateway do. */
  pathIsDecoded?: boolean | undefined;
  /** Every line of the Authorization header, in order. Lines that somebody joined with commas stay as they are. */
  authorization: readonly string[];
  /** Every line of the DPoP header, in the same way. */
  dpop: readonly string[];
}

/** What this route needs of the access token. */
export interface Needs {
  /** Each of them must have been granted. */
  scopes?: readonly string[] | undefined;
}

/** The request may pass. */
export interface Accepted {
  /** Distinguishes it from a refusal. */
  kind: 'accepted';
  /** `Bearer` comes only with `bearer: 'allow'`. A migration is over when no more of them come. */
  scheme: 'DPoP' | 'Bearer';
  /** Who calls, and what they may do. */
  access: Access;
  /** For the answer of the API: a newer nonce, where the client has an old one. Names are in lower case. */
  headers: Readonly<Record<string, string>>;
}

/** What the check says of a request. */
export type Verdict = Accepted | Refused;

export type VerifyRequest = (request: ApiRequest, needs?: Needs) => Promise<Verdict>;

export interface Collaborators {
  fetch: Fetch;
  clock: Clock;
  replay: ReplayStore;
  /** Without it no nonce is asked for. */
  nonces?: NonceIssuer | undefined;
}

/** How many keys of clients are remembered, and how long. */
const remembered = { most: 2_000, ms: 3_600_000 };

/** Throws a TypeError that names everything that is wrong with the settings. */
export function requestVerifier(collaborators: Collaborators, given: ApiSettings): VerifyRequest {
  const settings = checkedSettings(given);
  const { clock, nonces } = collaborators;
  const keys = boundedCache<ProofKey>(collaborators, remembered.most);
  const tokens = accessTokens(collaborators, settings);

  const bearer = async (token: string, needs: Needs): Promise<Accepted> => {
    if (saysItIsBound(token)) throw new Refusal('bearer_with_bound_token');
    if (settings.bearer === 'deny') throw new Refusal('bearer_denied');
    const access = await tokens(token, sha256(token));
    if (isBound(access)) throw new Refusal('bearer_with_bound_token');
    checkScopes(access, needs);
    return { kind: 'accepted', scheme: 'Bearer', access, headers: {} };
  };

  const dpop = async (token: string, request: ApiRequest, needs: Needs): Promise<Accepted> => {
    const hash = sha256(token);
    const proof = checkedProof({ clock, keys }, settings, request, hash);
    const headers = await checkNonce(nonces, proof);
    const access = await tokens(token, hash);
    if (access.jkt === undefined) throw new Refusal('token_not_bound');
    if (access.jkt !== proof.key.jkt) throw new Refusal('proof_key_not_bound');
    checkScopes(access, needs);
    await useUp(collaborators, settings, proof);
    // Only now: a stranger's keys must not push out those of clients.
    keys.set(proof.header, proof.key, clock.now() + remembered.ms);
    return { kind: 'accepted', scheme: 'DPoP', access, headers };
  };

  return async (request, needs = {}) => {
    let scheme: Accepted['scheme'] | undefined;
    try {
      const credentials = credentialsIn(request.authorization);
      scheme = credentials.scheme;
      return await (scheme === 'Bearer'
        ? bearer(credentials.token, needs)
        : dpop(credentials.token, request, needs));
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      const { proofAlgs: algs, bearer } = settings;
      const nonce = await nonces?.newest().catch(() => undefined);
      const told = isChallenge(fault) && nonce === undefined ? withoutNonce(fault) : fault;
      return refused(told, { algs, bearer, scheme, nonce, scopes: needs.scopes });
    }
  };
}

/** An opaque token shows it only in the answer of introspection (RFC 9449 section 6.2). */
const isBound = ({ jkt, claims: { token_type } }: Access): boolean =>
  jkt !== undefined || String(token_type).toLowerCase() === 'dpop';

function checkScopes({ scopes }: Access, { scopes: needed = [] }: Needs): void {
  if (!needed.every((scope) => scopes.includes(scope))) throw new Refusal('scope_missing');
}

/** RFC 9449 section 9. Returns the headers that tell the client of a newer nonce (section 8.2). */
async function checkNonce(nonces: NonceIssuer | undefined, { nonce }: Proof) {
  if (!nonces) return {};
  if (nonce === undefined) throw new Refusal('nonce_missing');
  const age = await available('nonce_unavailable', nonces.judge(nonce));
  if (age === 'unknown') throw new Refusal('nonce_unknown');
  return age === 'newest'
    ? {}
    : { 'dpop-nonce': await available('nonce_unavailable', nonces.newest()) };
}

const isChallenge = ({ reason }: Refusal): boolean =>
  reason === 'nonce_missing' || reason === 'nonce_unknown';

/** A challenge tells the client nothing without the nonce that it asks for. */
const withoutNonce = (cause: Refusal): Refusal => new Refusal('nonce_unavailable', { cause });

/** The last step: a request that is refused for another reason costs no write. */
async function useUp(
  { replay }: Collaborators,
  { proofMaxAgeSeconds, skewSeconds }: CheckedSettings,
  proof: Proof,
): Promise<void> {
  const expiresAt = Math.ceil(proof.iat + proofMaxAgeSeconds + skewSeconds);
  const use = replay.use(identityOf(proof), expiresAt);
  if (!(await available('replay_unavailable', use))) throw new Refusal('proof_used');
}

const available = <T>(otherwise: Reason, work: Promise<T>): Promise<T> =>
  work.catch((cause: unknown) => {
    throw new Refusal(otherwise, { cause });
  });
