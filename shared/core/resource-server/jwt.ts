// Access tokens that are JWTs: RFC 9068 section 4, and Okta's own shape. jose verifies them with the issuer's keys.
import { decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { issuerOf } from '#core/issuer/issuer.ts';
import { KeyNotSought, KeysUnavailable, keySet } from '#core/issuer/key-set.ts';
import type { Clock, Fetch } from '#core/ports.ts';
import type { Claims } from './access-token.ts';
import { pausingFetch } from './pausing-fetch.ts';
import { type Reason, Refusal } from './refusals.ts';
import type { CheckedSettings } from './settings.ts';

/** Issuer, audience and times are not checked here. */
export function jwtVerifier(
  collaborators: { fetch: Fetch; clock: Clock },
  settings: CheckedSettings,
): (token: string) => Promise<Claims> {
  const { issuer, jwksUri, tokenAlgs, skewSeconds } = settings;
  const patient = { ...collaborators, fetch: pausingFetch(collaborators) };
  const key: JWTVerifyGetKey = jwksUri ? keySet(patient, jwksUri) : issuerOf(patient, issuer).key;
  return async (token) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, {
        algorithms: [...tokenAlgs],
        clockTolerance: skewSeconds,
        currentDate: new Date(collaborators.clock.now()),
      });
      if (!isAccessToken(protectedHeader.typ, payload, settings)) throw new Refusal('token_type');
      return payload;
    } catch (fault) {
      if (fault instanceof Refusal) throw fault;
      // jose's own errors contain the claims, which do not belong in a log.
      const options = fault instanceof KeysUnavailable ? { cause: fault } : {};
      throw new Refusal(reasonOf(fault), options);
    }
  };
}

function isAccessToken(typ: unknown, claims: Claims, { tokenTypes }: CheckedSettings): boolean {
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  if (type === 'at+jwt') return tokenTypes.includes('at+jwt');
  if (type !== undefined && type !== 'jwt') return false;
  if (tokenTypes.includes('jwt')) return true;
  return tokenTypes.includes('okta') && typeof claims.cid === 'string' && Array.isArray(claims.scp);
}

function reasonOf(fault: unknown): Reason {
  // Strangers can cause this with invented key ids, so it is no sign of an outage.
  if (fault instanceof KeyNotSought) return 'key_not_sought';
  if (fault instanceof KeysUnavailable) return 'keys_unavailable';
  if (fault instanceof errors.JWTExpired) return 'token_expired';
  if (fault instanceof errors.JWTClaimValidationFailed) {
    return fault.reason === 'check_failed' ? 'token_not_yet' : 'token_claims';
  }
  if (fault instanceof errors.JOSEAlgNotAllowed) return 'token_alg';
  if (fault instanceof errors.JWKSNoMatchingKey) return 'token_key_unknown';
  if (fault instanceof errors.JWSSignatureVerificationFailed) return 'token_signature';
  if (fault instanceof errors.JOSEError || fault instanceof TypeError) return 'token_malformed';
  throw fault;
}

/** Without any check: only good for telling the client what it did wrong. */
export function saysItIsBound(token: string): boolean {
  try {
    return decodeJwt(token).cnf !== undefined;
  } catch {
    return false;
  }
}
