// JWTs in which the authorization server tells something about a user: logout tokens (OpenID Connect Back-Channel
// Logout 2.6) and the bearer token of Okta's Universal Logout. An ID token or an access token is never accepted as one.
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { type RequestContext, secondsNow } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import { sha256 } from '#core/lib/encoding.ts';
import { errorCode, type Plain, PlainError, plain, words } from '#core/lib/plain.ts';
import { skewSeconds } from './id-token.ts';
import { KeyNotSought, KeysUnavailable } from './key-set.ts';
import { signatureAlgs } from './signature-algs.ts';

const oldestSeconds = 600;

export interface EventKind {
  /** What it is called in the log. */
  name: 'logout_token' | 'universal_logout';
  /** The accepted values of `typ`. It may also be missing when `undefined` is listed. */
  types: readonly (string | undefined)[];
  audience: string;
  /** Returns what is wrong with the claims, or undefined. */
  faultIn(claims: JWTPayload): Plain | undefined;
}

/**
 * Does what the token asks for. Returns undefined when a check fails. A token is used up once its work is done. When
 * the work fails, or the server's keys are not available, the token is not judged, and may come again.
 */
export async function onSecurityEvent<T>(
  context: RequestContext,
  jwt: string,
  kind: EventKind,
  act: (claims: JWTPayload) => Promise<T>,
): Promise<T | undefined> {
  const { env, log } = context;
  try {
    const claims = await verified(context, jwt, kind);
    const { issuer } = env.config;
    const { jti, exp = secondsNow(env) } = claims;
    const used = sha256(JSON.stringify(['jti', kind.types[0], issuer, jti]));
    const use = [used, exp + oldestSeconds] as const;
    if (!(await env.marks.mayUse(...use))) throw new Refused(words`it was used before`);
    const done = await act(claims);
    await env.marks.useUp(...use);
    return done;
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    log(refusedAs[kind.name], { reason: fault.reason });
    return undefined;
  }
}

const refusedAs = {
  logout_token: 'logout_token.refused',
  universal_logout: 'universal_logout.refused',
} as const;

class Refused extends PlainError {}

async function verified(
  context: RequestContext,
  jwt: string,
  kind: EventKind,
): Promise<JWTPayload> {
  const { config, issuer, clock } = context.env;
  const metadata = await issuer.metadata().catch(unreachable(context, kind));
  try {
    checkType(jwt, kind);
    const { payload } = await jwtVerify(jwt, issuer.key, {
      algorithms: signatureAlgs(config, metadata),
      issuer: config.issuer,
      audience: kind.audience,
      clockTolerance: skewSeconds,
      maxTokenAge: oldestSeconds,
      requiredClaims: ['iat', 'exp', 'jti'],
      currentDate: new Date(clock.now()),
    });
    const { jti } = payload;
    const fault =
      typeof jti === 'string' && jti !== '' ? kind.faultIn(payload) : words`jti is missing`;
    if (fault !== undefined) throw new Refused(fault);
    return payload;
  } catch (fault) {
    if (fault instanceof Refused) throw fault;
    if (fault instanceof KeyNotSought) throw new Refused(words`the key is unknown`);
    if (fault instanceof KeysUnavailable) return unreachable(context, kind)(fault);
    throw new Refused(reasonOf(fault));
  }
}

/** Compares as RFC 7515 section 4.1.9 does: without case, and with or without `application/`. */
function checkType(jwt: string, { types }: EventKind): void {
  const { typ }: { typ?: unknown } = decodeProtectedHeader(jwt);
  const given =
    typ === undefined
      ? typ
      : String(typ)
          .toLowerCase()
          .replace(/^application\//, '');
  if (!types.includes(given)) throw new Refused(words`typ does not fit`);
}

const unreachable =
  ({ log }: RequestContext, { name }: EventKind) =>
  (cause: PlainError): never => {
    log('issuer.keys_unavailable', { at: name, reason: cause.reason });
    throw new BrokerError('upstream_unreachable', 'the keys of the issuer are not available', {
      cause,
      headers: { 'retry-after': '5' },
    });
  };

/** jose's codes are stable, and the claim is one that we named. Its messages may quote what was received. */
function reasonOf(fault: unknown): Plain {
  if (fault instanceof errors.JWTClaimValidationFailed || fault instanceof errors.JWTExpired) {
    return words`${plain(fault.claim)}: ${plain(fault.reason)}`;
  }
  return fault instanceof errors.JOSEError ? errorCode(fault) : words`it is not a JWT`;
}
