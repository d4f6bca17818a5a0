// Whoever uses a session comes through here: the session cookie alone does not open one that is bound to a device. Signing
// out and the broker's own second looks use openSession.
import { type Broker, type RequestContext, secondsNow } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import type { EventFields } from '#core/events.ts';
import type { BoundCookie, SessionRecord } from '#core/ports.ts';
import { openSession, type Session } from './session.ts';

/** What a browser shows for its session. */
export interface Shown {
  secret: string;
  /** The hash of the cookie that proves its device. */
  deviceHash?: string | undefined;
  /** Why it could not renew that cookie. */
  skipped?: EventFields<'device.skipped'>['reason'] | undefined;
}

export interface UsedSession {
  session: Session;
  /** The cookie that proved the device. Missing when the session is not bound. */
  proof?: BoundCookie | undefined;
}

/** How long a browser has to register its key after the sign-in. */
const registrationSeconds = 60;

/** How long a browser may use the session after a proof. */
export const boundSeconds = 600;

/** Returns undefined when there is no such session. Throws when the device is not proven; the session lives on. */
export async function useSession(
  { env, log }: Pick<RequestContext<Pick<Broker, 'config' | 'sessions' | 'clock'>>, 'env' | 'log'>,
  { secret, deviceHash, skipped }: Shown,
): Promise<UsedSession | undefined> {
  const session = await openSession(env, secret);
  if (!session) return undefined;
  const judged = judgeDevice(env, session.record, deviceHash);
  if (judged.proven) return { session, proof: judged.proof };
  if (skipped) log('device.skipped', { reason: skipped });
  const { cookie } = judged;
  if (cookie === undefined) {
    log('device.locked_out');
    throw unproven('the session was not bound to a device in time');
  }
  log('device.not_proven', { cookie });
  throw unproven(`the cookie of the device: ${cookie}`);
}

const unproven = (why: string) => new BrokerError('device_proof_required', why);

/** What the session is worth to this browser, for an answer that does not use it. */
export async function lookAtSession(
  { env }: Pick<Parameters<typeof useSession>[0], 'env'>,
  { secret, deviceHash }: Shown,
): Promise<'usable' | 'unproven' | 'none'> {
  const session = await openSession(env, secret);
  if (!session) return 'none';
  return judgeDevice(env, session.record, deviceHash).proven ? 'usable' : 'unproven';
}

type JudgedDevice =
  | { proven: true; proof?: BoundCookie }
  /** `cookie` says what is wrong with it. It is missing when the session is not bound, and had to be. */
  | { proven: false; cookie?: EventFields<'device.not_proven'>['cookie'] };

function judgeDevice(
  { config, clock }: Pick<Broker, 'config' | 'clock'>,
  record: SessionRecord,
  deviceHash: string | undefined,
): JudgedDevice {
  const { deviceBound } = config.session;
  if (deviceBound === 'off') return { proven: true };
  const now = secondsNow({ clock });
  const { bound } = record.device ?? {};
  if (bound) {
    const given = [bound.cookie, bound.former].filter((cookie) => cookie !== undefined);
    const proof = given.find(({ hash }) => hash === deviceHash);
    if (!proof) return { proven: false, cookie: deviceHash === undefined ? 'missing' : 'unknown' };
    return now < proof.endsAt ? { proven: true, proof } : { proven: false, cookie: 'ended' };
  }
  return { proven: deviceBound !== 'require' || mayBeBound(record, now) };
}

/** Tells whether a key can still be registered for it. */
export const mayBeBound = ({ device, createdAt }: SessionRecord, now: number): boolean =>
  device !== undefined && !device.bound && now < createdAt + registrationSeconds;

/** For what goes on after its request: `proof` is the cookie with which it began. */
export function isStillProven(
  broker: Pick<Broker, 'config' | 'clock'>,
  record: SessionRecord,
  proof: BoundCookie | undefined,
): boolean {
  const { deviceBound } = broker.config.session;
  return deviceBound !== 'off' && record.device?.bound
    ? proof !== undefined && secondsNow(broker) < proof.endsAt
    : judgeDevice(broker, record, undefined).proven;
}
