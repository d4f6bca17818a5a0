// How a session's item says that it is bound to a device. A session without that has none of these attributes.
import type { BoundCookie, DeviceBinding } from '#core/ports.ts';
import { type Item, numberIn, optionalTextIn, textIn, type Value } from './items.ts';

export const deviceAttributes = ({
  challengeSecret,
  bound,
}: DeviceBinding): Record<string, Value> => ({
  deviceChallengeSecret: challengeSecret,
  ...(bound && {
    deviceKey: bound.key,
    deviceCookie: bound.cookie.hash,
    deviceCookieEndsAt: bound.cookie.endsAt,
  }),
  ...(bound?.former && {
    formerDeviceCookie: bound.former.hash,
    formerDeviceCookieEndsAt: bound.former.endsAt,
  }),
});

export function deviceOf(item: Item): DeviceBinding | undefined {
  const challengeSecret = optionalTextIn(item, 'deviceChallengeSecret');
  if (challengeSecret === undefined) return undefined;
  const key = optionalTextIn(item, 'deviceKey');
  if (key === undefined) return { challengeSecret };
  const former = item.formerDeviceCookie && cookieIn(item, 'formerDeviceCookie');
  const bound = { key, cookie: cookieIn(item, 'deviceCookie'), ...(former && { former }) };
  return { challengeSecret, bound };
}

const cookieIn = (item: Item, name: 'deviceCookie' | 'formerDeviceCookie'): BoundCookie => ({
  hash: textIn(item, name),
  endsAt: numberIn(item, `${name}EndsAt`),
});
