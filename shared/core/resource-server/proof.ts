// Checks a DPoP proof by itself and against its request: RFC 9449 section 4.3, numbers 1 to 11 and the hash of the access
// token. That the token is bound to this key, and that the proof is used once, comes after the token was verified.
import { sha256 } from '#core/lib/encoding.ts';
import type { Clock } from '#core/ports.ts';
import { type Alg, signatureIsValid } from './algorithms.ts';
import type { BoundedCache } from './bounded-cache.ts';
import { type ProofKey, proofKeyOf } from './proof-key.ts';
import { Refusal } from './refusals.ts';
import type { CheckedSettings } from './settings.ts';
import { isUriOf, originOf } from './uri.ts';

export interface ProofRequest {
  method: string;
  url: string;
  pathIsDecoded?: boolean | undefined;
  /** The lines of the DPoP header. */
  dpop: readonly string[];
}

export interface Proof {
  /** The encoded header, which is the same in every proof of a client. */
  header: string;
  key: ProofKey;
  htu: string;
  jti: string;
  iat: number;
  nonce: string | undefined;
}

const longest = { proof: 8_192, jti: 256 };
/** Two proofs that were joined by a comma have another form. */
const form = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/;

/** `keys`: those of headers that were checked before, with a token bound to them. */
export function checkedProof(
  { clock, keys }: { clock: Clock; keys: BoundedCache<ProofKey> },
  settings: CheckedSettings,
  request: ProofRequest,
  ath: string,
): Proof {
  const { header, payload, signature } = theOnlyOne(request.dpop);
  const key = keys.get(header) ?? keyIn(header, settings.proofAlgs);
  const { alg } = key;
  if (!signatureIsValid(alg, key.key, `${header}.${payload}`, signature)) {
    throw new Refusal('proof_signature');
  }
  const claims = objectIn(payload);
  const { htm, htu, iat, jti, nonce } = claims;
  if (
    typeof htm !== 'string' ||
    typeof htu !== 'string' ||
    typeof jti !== 'string' ||
    jti === '' ||
    !isTime(iat)
  ) {
    throw new Refusal('proof_claims');
  }
  if (jti.length > longest.jti) throw new Refusal('proof_jti');
  if (htm !== request.method) throw new Refusal('proof_htm');
  if (!isUriOf(htu, request, basesFor(request, settings))) throw new Refusal('proof_htu');
  checkTimes(claims, iat, settings, clock.now() / 1000);
  if (claims.ath === undefined) throw new Refusal('proof_ath_missing');
  if (claims.ath !== ath) throw new Refusal('proof_ath');
  return { header, key, htu, jti, iat, nonce: typeof nonce === 'string' ? nonce : undefined };
}

function theOnlyOne(lines: readonly string[]) {
  const [line, ...others] = lines;
  if (line === undefined || line === '') throw new Refusal('proof_missing');
  if (others.length > 0 || line.includes(',')) throw new Refusal('proof_repeated');
  const [, header, payload, signature] = (line.length <= longest.proof && form.exec(line)) || [];
  if (header === undefined || payload === undefined || signature === undefined) {
    throw new Refusal('proof_malformed');
  }
  return { header, payload, signature };
}

function keyIn(encoded: string, accepted: readonly Alg[]): ProofKey {
  const header = objectIn(encoded);
  if (!isProofType(header.typ)) throw new Refusal('proof_typ');
  const alg = accepted.find((one) => one === header.alg);
  if (alg === undefined) throw new Refusal('proof_alg');
  // No extension is known that a verifier would have to understand (RFC 7515 section 4.1.11).
  if (header.crit !== undefined) throw new Refusal('proof_malformed');
  return proofKeyOf(alg, header.jwk);
}

/** RFC 7515 section 4.1.9: without case, and with or without `application/`. */
const isProofType = (typ: unknown): boolean =>
  typeof typ === 'string' && /^(application\/)?dpop\+jwt$/i.test(typ);

function objectIn(encoded: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(encoded, 'base64url').toString());
  } catch {
    throw new Refusal('proof_malformed');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('proof_malformed');
  }
  return value as Record<string, unknown>;
}

function basesFor({ url }: ProofRequest, { publicUrls }: CheckedSettings): readonly string[] {
  if (publicUrls.length > 0) return publicUrls;
  const origin = originOf(url);
  return origin === undefined ? [] : [origin];
}

function checkTimes(
  { exp, nbf }: Record<string, unknown>,
  iat: number,
  { proofMaxAgeSeconds, skewSeconds }: CheckedSettings,
  now: number,
): void {
  if (iat > now + skewSeconds) throw new Refusal('proof_in_future');
  if (iat < now - proofMaxAgeSeconds - skewSeconds) throw new Refusal('proof_too_old');
  // A proof needs neither, but the times of a JWT count when it has them (RFC 7519 section 4.1).
  const begun = nbf === undefined || (isTime(nbf) && nbf <= now + skewSeconds);
  const ended = exp !== undefined && !(isTime(exp) && exp > now - skewSeconds);
  if (!begun || ended) throw new Refusal('proof_expired');
}

const isTime = (value: unknown): value is number => Number.isFinite(value);

/** What makes a proof another one: its key, where it goes, and its jti (RFC 9449 section 11.1). */
export const identityOf = ({ key, htu, jti }: Proof): string =>
  sha256(JSON.stringify([key.jkt, htu, jti]));
