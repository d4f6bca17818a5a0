// The keys that sign ID tokens and logout tokens (RFC 7517), as one environment knows them. Known keys outlive an outage of
// their endpoint, and a `kid` that nobody knows is looked up at once (OpenID Connect Core 10.1.1).
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock, Fetch } from './ports.ts';

/** Nothing was learned about a key: that is no verdict on what it signed. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}

/** An unknown `kid` was looked up a moment ago; this one must wait for its turn. */
export class KeyNotSought extends KeysUnavailable {
  override name = 'KeyNotSought';
}

const freshMs = 600_000;
const staleMs = 24 * 3_600_000;
/** While the endpoint is away, known keys serve for so long before it is asked again. */
const awayMs = 60_000;
/** A storm of unknown key ids costs one request in this time; less, where that request failed. */
const coolDownMs = { answered: 30_000, failed: 5_000 };
/** A renewal waits for this within its lease (refresh.ts). */
const timeoutMs = 3_000;

/** Throws KeysUnavailable where the endpoint does not answer with keys, and jose's own errors where it did. */
export function keySet(
  { fetch, clock }: { fetch: Fetch; clock: Clock },
  uri: string,
): JWTVerifyGetKey {
  let known: { get: JWTVerifyGetKey; until: number; staleUntil: number } | undefined;
  let underWay: Promise<void> | undefined;
  /** The newest request: when it began, and what became of it. */
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

  /** Reads the set once more for a `kid` that it lacks, unless it was read since the token came. */
  const seek = async (asked: number, missing: unknown): Promise<void> => {
    if (last.began >= asked) throw last.fault ?? missing;
    if (underWay !== undefined) return underWay;
    if (asked < seekFrom)
      throw last.fault ?? new KeyNotSought('another kid was looked up just now');
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
      signal: AbortSignal.timeout(timeoutMs),
    }),
  ).catch((cause: unknown) => {
    throw new KeysUnavailable('the key set cannot be fetched', { cause });
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KeysUnavailable(`the key set answered ${response.status}`);
  }
  try {
    const set = (await response.json()) as JSONWebKeySet;
    // A server that signs has keys: an empty set is a server that is not ready.
    if (set.keys.length === 0) throw new TypeError('no keys');
    return createLocalJWKSet(set);
  } catch (cause) {
    throw new KeysUnavailable('the key set is none', { cause });
  }
}

/** What jose says of the token's own header; anything else is a key that cannot be read. */
const isVerdict = (fault: unknown) =>
  fault instanceof errors.JWKSMultipleMatchingKeys || fault instanceof errors.JOSENotSupported;

const broken = () => new KeysUnavailable('the key cannot be read');
