// The challenges that a device signs. They are made from a secret of the session, which every accepted proof replaces:
// so each is good for one proof, none is known in advance, and none is stored.
import { createHmac } from 'node:crypto';

/** The next proof comes when the bound cookie has ended: after ten minutes, or later. Then it gets another challenge. */
const longestSeconds = 900;

/**
 * Only the answer of the callback holds it. It names the session, because the browser registers its key without any cookie:
 * to Chromium that request is part of the cross-site navigation that led to the callback.
 */
export const registrationChallenge = (id: string, secret: string): string =>
  `${id}.${mac(secret, 'register')}`;

/** The session that the challenge of a registration names. It is believed once the rest has been checked. */
export const sessionNamedIn = (challenge: unknown): string | undefined =>
  /^([\w-]{43})\.[\w-]{43}$/.exec(String(challenge))?.[1];

export const refreshChallenge = (secret: string, now: number): string =>
  `${now}.${mac(secret, `refresh ${now}`)}`;

/** `old`: it is one of ours, and nobody has used it, but it was given too long ago. */
export function judgeChallenge(
  challenge: unknown,
  secret: string,
  now: number,
): 'good' | 'old' | 'unknown' {
  const [, text] = /^(\d{1,12})\.[\w-]{43}$/.exec(String(challenge)) ?? [];
  const givenAt = Number(text);
  if (text === undefined || challenge !== refreshChallenge(secret, givenAt)) return 'unknown';
  return now < givenAt + longestSeconds ? 'good' : 'old';
}

const mac = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64url');
