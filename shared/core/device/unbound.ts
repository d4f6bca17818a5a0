// What becomes of a session that its browser did not bind, when the configuration requires it: no call can use it any
// more, so a browser that is sent to sign in again would soon be sent again. The next sign-in ends the session instead,
// and a page tells the person why. After that page, another try begins afresh.
import { type Broker, type RequestContext, secondsNow } from '#core/broker.ts';
import { endOne } from '#core/session/ending.ts';
import { openSession } from '#core/session/session.ts';
import { mayBeBound } from '#core/session/use.ts';

/** A session from before its browser was asked for a key is none of these: the sign-in that begins will ask. */
export async function endedUnbound(
  { env, log }: Pick<RequestContext<Pick<Broker, 'config' | 'sessions' | 'clock'>>, 'env' | 'log'>,
  secret: string,
): Promise<boolean> {
  if (env.config.session.deviceBound !== 'require') return false;
  const record = (await openSession(env, secret))?.record;
  if (!record?.device || record.device.bound || mayBeBound(record, secondsNow(env))) return false;
  await endOne({ env, log }, record.id, 'not_bound');
  return true;
}
