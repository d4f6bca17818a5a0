// The keys that sign ID tokens and logout tokens (RFC 7517), as one environment knows them. Known keys outlive an
// outage of their endpoint. An unknown `kid` is looked up at once (OpenID Connect Core 10.1.1).
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { PlainError, words } from '#core/lib/plain.ts';
import { waitsMs } from '#core/limits.ts';
import type { Clock, Fetch } from '#core/ports.ts';

/** The key could not be looked up, so nothing is known about what it signed. */
export class KeysUnavailable extends PlainError {
  override name = 'KeysUnavailable';
}

/** Another unknown `kid` was looked up a moment ago, so this one must wait. */
export class KeyNotSought extends KeysUnavailable {
  override name = 'KeyNotSought';
}

const freshMs = 600_000;
const staleMs = 24 * 3_600_000;
/** How long known keys serve during an outage of the endpoint before it is asked again. */
const awayMs = 60_000;
/** However many unknown key ids come, they cost one request in this time, or sooner if that request failed. */
const coolDownMs = { answered: 30_000, failed: 5_000 };

/** Throws KeysUnavailable when the endpoint does not answer with keys, and jose's own errors when it did. */
export function keySet(
  { fetch, clock }: { fetch: Fetch; clock: Clock },
  uri: string,
): JWTVerifyGetKey {
  let known: { get: JWTVerifyGetKey; until: number; staleUntil: number } | undefined;
  let underWay: Promise<void> | undefined;
  /** The newest request: when it began, and how it ended. */
  let last: { began: number; fault?: KeysUnavailable } = { began: Number.NEGATIVE_INFINITY };
  let seekFrom = Number.NEGATIVE_INFINITY;

  const read = (): Promise<void> => {
    const began = clock.now();
    underWay ??= readKeys(fetch, uri)
      .then((get) => {
        const until = clock.now() + freshMs;
        known = { get, until, staleUntil: until + staleMs };
        last = { began };
      })
      .catch((fault: KeysUnavailable) => {
        last = { began, fault };
        if (known) known.until = Math.max(known.until, clock.now() + awayMs);
        throw fault;
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };

  /** Reads the set again for an unknown `kid`, unless it was read after the token arrived. */
  const seek = async (asked: number, missing: unknown): Promise<void> => {
    if (last.began >= asked) throw last.fault ?? missing;
    if (underWay !== undefined) return underWay;
    if (asked < seekFrom)
      throw last.fault ?? new KeyNotSought(words`another kid was looked up just now`);
    seekFrom = asked + coolDownMs.answered;
    await read().catch((fault: unknown) => {
      seekFrom = asked + coolDownMs.failed;
      throw fault;
    });
  };

  return async (header, token) => {
    const asked = clock.now();
    if (!known || known.until <= asked) {
      await read().catch((fault: unknown) => {
        if (!known || known.staleUntil <= asked) throw fault;
      });
    }
    for (;;) {
      try {
        return await (known as NonNullable<typeof known>).get(header, token);
      } catch (fault) {
        if (!(fault instanceof errors.JWKSNoMatchingKey)) throw isVerdict(fault) ? fault : broken();
        await seek(asked, fault);
      }
    }
  };
}

async function readKeys(fetch: Fetch, uri: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(
    new Request(uri, {
      headers: { accept: 'application/json, application/jwk-set+json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(waitsMs.keySet),
    }),
  ).catch((cause: unknown) => {
    throw new KeysUnavailable(words`the key set cannot be fetched`, { cause });
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KeysUnavailable(words`the key set answered ${response.status}`);
  }
  try {
    const set = (await response.json()) as JSONWebKeySet;
    // A server that signs has keys: an empty set means that the server is not ready.
    if (set.keys.length === 0) throw new TypeError('no keys');
    return createLocalJWKSet(set);
  } catch (cause) {
    throw new KeysUnavailable(words`the answer is not a key set`, { cause });
  }
}

/** jose's verdict on the token's own header passes; any other error means that the key cannot be read. */
const isVerdict = (fault: unknown) =>
  fault instanceof errors.JWKSMultipleMatchingKeys || fault instanceof errors.JOSENotSupported;

const broken = () => new KeysUnavailable(words`the key cannot be read`);
