// Nonces that no store has to remember (RFC 9449 sections 8 and 9): each is the number of a window of time and its MAC.
// All environments that have the key issue and know the same ones. A nonce is accepted in its own window and in the one
// before and after, so windows overlap, and clocks may be apart.
import { timingSafeEqual } from 'node:crypto';
import { base64url } from '#core/lib/encoding.ts';
import type { Clock } from '#core/ports.ts';
import type { NonceIssuer } from './ports.ts';

/** HMAC-SHA-256 under a key that nobody else has, such as one of KMS. It is asked once per window. */
export type Mac = (data: Uint8Array) => Promise<Uint8Array>;

/** `macs`: the newest key first. Nonces of the others are still accepted, so a key can be replaced. */
export function timeNonces(
  { clock, macs }: { clock: Clock; macs: readonly [Mac, ...Mac[]] },
  { windowSeconds = 300 }: { windowSeconds?: number } = {},
): NonceIssuer {
  const made = new Map<string, Promise<string>>();
  /** When the key did not answer. Strangers' requests must not all ask it again at once. */
  const failed = new Map<string, number>();
  const windowNow = () => Math.floor(clock.now() / 1000 / windowSeconds);

  const forgetThePast = () => {
    for (const known of [made, failed]) {
      for (const name of known.keys()) {
        if (Number(name.split('|')[1]) < windowNow() - 1) known.delete(name);
      }
    }
  };

  const nonceOf = (window: number, key: number): Promise<string> => {
    const name = `${key}|${window}`;
    if (clock.now() >= (failed.get(name) ?? Infinity) + pauseMs) {
      failed.delete(name);
      made.delete(name);
    }
    let nonce = made.get(name);
    if (!nonce) {
      nonce = make(macs[key] as Mac, window);
      made.set(name, nonce);
      const asked = clock.now();
      nonce.catch(() => failed.set(name, asked));
      forgetThePast();
    }
    return nonce;
  };

  return {
    newest: () => nonceOf(windowNow(), 0),
    async judge(nonce) {
      const window = windowIn(nonce);
      const now = windowNow();
      if (window === undefined || Math.abs(window - now) > 1) return 'unknown';
      for (const key of macs.keys()) {
        if (equal(nonce, await nonceOf(window, key))) {
          return window >= now && key === 0 ? 'newest' : 'old';
        }
      }
      return 'unknown';
    },
  };
}

const pauseMs = 1_000;
const bytes = { window: 6, mac: 16 };

async function make(mac: Mac, window: number): Promise<string> {
  const head = Buffer.alloc(bytes.window);
  head.writeUIntBE(window, 0, bytes.window);
  const code = await mac(Buffer.concat([Buffer.from('dpop-nonce|'), head]));
  return base64url(Buffer.concat([head, code.subarray(0, bytes.mac)]));
}

const form = /^[A-Za-z0-9_-]{30}$/;

const windowIn = (nonce: string): number | undefined =>
  form.test(nonce) ? Buffer.from(nonce, 'base64url').readUIntBE(0, bytes.window) : undefined;

const equal = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
