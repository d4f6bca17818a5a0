// Nonces under a secret that all processes of the API share.
import { createHmac } from 'node:crypto';
import { type Mac, type NonceIssuer, timeNonces } from '#core/resource-server/request-verifier.ts';

/**
 * `secrets`: random, at least 32 characters each, the newest first. Keep the previous one for ten minutes, so that
 * nobody notices the change. A nonce is good for five to ten minutes.
 */
export function hmacNonces(
  secrets: readonly [string, ...string[]],
  clock: { now(): number } = { now: () => Date.now() },
): NonceIssuer {
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 32)) {
    throw new TypeError('hmacNonces: each secret needs at least 32 random characters');
  }
  const macs = secrets.map(
    (secret): Mac =>
      async (data) =>
        createHmac('sha256', secret).update(data).digest(),
  );
  return timeNonces({ clock, macs: macs as [Mac, ...Mac[]] });
}
