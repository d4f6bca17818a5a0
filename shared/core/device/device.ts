// Device Bound Session Credentials (https://w3c.github.io/webappsec-dbsc/): the browser binds a session to a key in the
// hardware of its device, and gets a cookie for ten minutes whenever it proves that key. session/use.ts demands the
// cookie. docs/device-bound.md draws the protocol.
import { type Broker, type RequestContext, secondsNow } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import type { EventFields } from '#core/events.ts';
import { newSecret, sha256 } from '#core/lib/encoding.ts';
import type { BoundCookie, DeviceBinding, SessionRecord } from '#core/ports.ts';
import { hasEnded, openSession } from '#core/session/session.ts';
import { boundSeconds, mayBeBound } from '#core/session/use.ts';
import {
  judgeChallenge,
  refreshChallenge,
  registrationChallenge,
  sessionNamedIn,
} from './challenges.ts';

/** Loaded when a device is proven: a cold start for anything else needs none of it. */
const proofs = () => import('./proof.ts');

export { deviceAlgs } from './algorithms.ts';

/** For requests that were sent in the last moment of the cookie. */
const underWaySeconds = 5;

/** What a new session begins with, and the challenge that only the callback's answer gives to the browser. */
export function offerBinding({
  config,
  random,
}: Pick<Broker, 'config' | 'random'>): DeviceBinding | undefined {
  return config.session.deviceBound === 'off' ? undefined : { challengeSecret: newSecret(random) };
}

export const challengeOf = (id: string, { challengeSecret }: DeviceBinding): string =>
  registrationChallenge(id, challengeSecret);

/** What the browser sends to either endpoint. */
export interface DeviceAsked {
  /** The value of the session cookie. */
  secret: string | undefined;
  proof: string | undefined;
  /** The session that the browser means, by the name that we gave it. */
  deviceSession?: string | undefined;
}

export interface DeviceAnswer {
  /** By this name the browser knows the session. It opens nothing. */
  deviceSession: string;
  /** For the next proof. */
  challenge: string;
  /** The value of the new bound cookie. Without it, the proof was not accepted. */
  cookie?: string;
}

type Why = EventFields<'device.proof_refused'>['reason'];

/** Binds the session to the key that the browser has made. This happens once, within a minute after the sign-in. */
export async function registerDevice(
  context: RequestContext,
  { secret, proof }: DeviceAsked,
): Promise<DeviceAnswer> {
  const { env } = context;
  const judged = proof === undefined ? undefined : await (await proofs()).registeredKey(proof);
  const record =
    secret === undefined
      ? await recordOf(
          env,
          judged?.kind === 'signed' ? sessionNamedIn(judged.challenge) : undefined,
        )
      : await openRecord(env, secret);
  const { device } = record;
  if (device?.bound) return refused(context, record, 'already_bound');
  if (!device || !mayBeBound(record, secondsNow(env))) return refused(context, record, 'late');
  if (judged === undefined) return refused(context, record, 'missing');
  if (judged.kind !== 'signed') return refused(context, record, judged.kind);
  if (judged.challenge !== challengeOf(record.id, device)) {
    return refused(context, record, 'challenge');
  }
  const answer = await bind(env, record, device, { key: judged.key });
  if (answer.cookie !== undefined) context.log('device.bound');
  return answer;
}

/** Gives the browser another cookie for its proof. */
export async function refreshDevice(
  context: RequestContext,
  { secret, proof, deviceSession }: DeviceAsked,
): Promise<DeviceAnswer> {
  const { env } = context;
  const record = await openRecord(env, secret);
  if (deviceSession !== undefined && deviceSession !== nameOf(record)) {
    // The browser still has the key of an earlier session, and this answer makes it forget that.
    throw new BrokerError('session_expired', 'the device proves another session');
  }
  const { device } = record;
  if (!device?.bound) return refused(context, record, 'not_bound');
  // It has no challenge yet: this answer brings one.
  if (proof === undefined) return challenged(env, record);
  const now = secondsNow(env);
  const judged = await (await proofs()).signedChallenge(proof, device.bound.key);
  if (judged.kind !== 'signed') return refused(context, record, judged.kind);
  const challenge = judgeChallenge(judged.challenge, device.challengeSecret, now);
  if (challenge === 'old') return challenged(env, record);
  if (challenge === 'unknown') return refused(context, record, 'challenge');
  const { key, cookie } = device.bound;
  const answer = await bind(env, record, device, {
    key,
    ...(now < cookie.endsAt && { former: cookie }),
  });
  if (answer.cookie !== undefined) context.log('device.refreshed');
  return answer;
}

async function openRecord(env: Broker, secret: string | undefined): Promise<SessionRecord> {
  if (secret === undefined) throw new BrokerError('not_signed_in', 'the session cookie is missing');
  return (await openSession(env, secret))?.record ?? over();
}

async function recordOf(env: Broker, id: string | undefined): Promise<SessionRecord> {
  if (id === undefined) throw new BrokerError('not_signed_in', 'nothing names a session');
  const stored = await env.sessions.read(id);
  return stored && !hasEnded(stored.session, secondsNow(env)) ? stored.session : over();
}

function over(): never {
  throw new BrokerError('session_expired', 'there is no such session');
}

/** One write. When another proof was faster, the browser has to sign the challenge that came with it. */
async function bind(
  env: Broker,
  record: SessionRecord,
  held: DeviceBinding,
  { key, former }: { key: string; former?: BoundCookie },
): Promise<DeviceAnswer> {
  const now = secondsNow(env);
  const cookie = newSecret(env.random);
  const next: DeviceBinding = {
    challengeSecret: newSecret(env.random),
    bound: {
      key,
      cookie: { hash: sha256(cookie), endsAt: now + boundSeconds + underWaySeconds },
      ...(former && { former }),
    },
  };
  if (await env.sessions.bindDevice(record.id, held.challengeSecret, next)) {
    return { ...challenged(env, { ...record, device: next }), cookie };
  }
  return challenged(env, await recordOf(env, record.id));
}

function refused({ env, log }: RequestContext, record: SessionRecord, reason: Why): DeviceAnswer {
  log('device.proof_refused', { reason });
  return challenged(env, record);
}

/** A session that is not bound gets a challenge that serves nothing: only the callback asks for a registration. */
const challenged = (env: Broker, record: SessionRecord): DeviceAnswer => ({
  deviceSession: nameOf(record),
  challenge: record.device?.bound
    ? refreshChallenge(record.device.challengeSecret, secondsNow(env))
    : newSecret(env.random),
});

const nameOf = ({ id }: SessionRecord): string => sha256(JSON.stringify(['device', id]));
