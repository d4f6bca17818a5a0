// JWTs that the authorization server sends about a user: logout tokens (OpenID Connect Back-Channel
// Logout 2.6) and the bearer of Okta's Universal Logout. An ID token or access token is never one of them.
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { type Broker, secondsNow } from './broker.ts';
import { sha256 } from './bytes.ts';
import { BrokerError } from './errors.ts';
import { skewSeconds } from './id-token.ts';
import { KeyNotSought, KeysUnavailable } from './key-set.ts';
import { signatureAlgs } from './signature-algs.ts';

const oldestSeconds = 600;

export interface EventKind {
  /** Begins the name of its events in the log. */
  name: string;
  /** What `typ` may be; undefined, where it may be missing. */
  types: readonly (string | undefined)[];
  audience: string;
  /** What is wrong with the claims of this kind, if anything. */
  faultIn(claims: JWTPayload): string | undefined;
}

/**
 * Does what the token asks for; returns undefined when any check fails. A token counts once: it is used up when that is
 * done. When it fails, or the server's keys cannot be had, nothing is said of the token, and it may come again.
 */
export async function onSecurityEvent<T>(
  broker: Broker,
  jwt: string,
  kind: EventKind,
  act: (claims: JWTPayload) => Promise<T>,
): Promise<T | undefined> {
  try {
    const claims = await verified(broker, jwt, kind);
    const { issuer } = broker.config;
    const { jti, exp = secondsNow(broker) } = claims;
    const used = sha256(JSON.stringify(['jti', kind.types[0], issuer, jti]));
    const use = [used, exp + oldestSeconds] as const;
    if (!(await broker.marks.mayUse(...use))) throw new Refused('it was used before');
    const done = await act(claims);
    await broker.marks.useUp(...use);
    return done;
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    broker.log(`${kind.name}.refused`, { reason: fault.message });
    return undefined;
  }
}

class Refused extends Error {}

async function verified(broker: Broker, jwt: string, kind: EventKind): Promise<JWTPayload> {
  const { issuer } = broker.config;
  const metadata = await broker.issuer.metadata().catch(unreachable(broker, kind));
  try {
    checkType(jwt, kind);
    const { payload } = await jwtVerify(jwt, broker.issuer.key, {
      algorithms: signatureAlgs(broker.config, metadata),
      issuer,
      audience: kind.audience,
      clockTolerance: skewSeconds,
      maxTokenAge: oldestSeconds,
      requiredClaims: ['iat', 'exp', 'jti'],
      currentDate: new Date(broker.clock.now()),
    });
    const { jti } = payload;
    const fault = typeof jti === 'string' && jti !== '' ? kind.faultIn(payload) : 'jti is none';
    if (fault !== undefined) throw new Refused(fault);
    return payload;
  } catch (fault) {
    if (fault instanceof Refused) throw fault;
    if (fault instanceof KeyNotSought) throw new Refused('the key is unknown');
    if (fault instanceof KeysUnavailable) return unreachable(broker, kind)(fault);
    throw new Refused(reasonOf(fault));
  }
}

/** As RFC 7515 section 4.1.9 compares them: without case, and with or without `application/`. */
function checkType(jwt: string, { types }: EventKind): void {
  const { typ }: { typ?: unknown } = decodeProtectedHeader(jwt);
  const given =
    typ === undefined
      ? typ
      : String(typ)
          .toLowerCase()
          .replace(/^application\//, '');
  if (!types.includes(given)) throw new Refused('typ is another');
}

const unreachable =
  (broker: Broker, { name }: EventKind) =>
  (cause: Error): never => {
    broker.log('issuer.keys_unavailable', { at: name, reason: cause.message });
    throw new BrokerError('upstream_unreachable', 'the keys of the issuer cannot be had', {
      cause,
      headers: { 'retry-after': '5' },
    });
  };

/** jose's codes are stable, and the claim is one that we asked for; its messages may quote what was received. */
function reasonOf(fault: unknown): string {
  if (fault instanceof errors.JWTClaimValidationFailed || fault instanceof errors.JWTExpired) {
    return `${fault.claim}: ${fault.reason}`;
  }
  return fault instanceof errors.JOSEError ? fault.code : 'it is no JWT';
}
