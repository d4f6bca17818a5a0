// The challenges that a device signs. They are made from a secret of the session, which every accepted proof replaces:
// so each is good for one proof, none is known in advance, and none is stored.
import { createHmac } from 'node:crypto';

/** The next proof comes when the bound cookie has ended: after ten minutes, or later. Then it gets another challenge. */
const longestSeconds = 900;

/** Only the answer of the callback holds it. */
export const registrationChallenge = (secret: string): string => mac(secret, 'register');

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
