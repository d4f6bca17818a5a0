// The authorization server as one environment knows it: its metadata, which expires, and its signature keys.
import type { JWTVerifyGetKey } from 'jose';
import { type Plain, PlainError, plain, words } from '#core/lib/plain.ts';
import { waitsMs } from '#core/limits.ts';
import type { Clock, DpopAlg, Fetch } from '#core/ports.ts';
import { KeysUnavailable, keySet } from './key-set.ts';
import { type Metadata, metadataFaults, metadataUrls } from './metadata.ts';

export interface Issuer {
  /**
   * Throws IssuerError. A failure is not remembered, so the next request asks again. Known metadata serves during an
   * outage.
   */
  metadata(): Promise<Metadata>;
  /** Returns the key of an ID token or logout token. Throws KeysUnavailable when the token cannot be judged. */
  key: JWTVerifyGetKey;
}

export class IssuerError extends PlainError {
  override name = 'IssuerError';
}

/** The server sent nothing new. */
class IssuerAway extends IssuerError {}

const freshMs = { least: 60_000, usual: 3_600_000, most: 24 * 3_600_000 };
/** An outage or a rate limit of this document alone ends no session. */
const staleMs = 24 * 3_600_000;

/** `alg`: the algorithm of our proofs, if we make any. */
export function issuerOf(
  { fetch, clock }: { fetch: Fetch; clock: Clock },
  issuer: string,
  alg?: DpopAlg,
): Issuer {
  let known: { metadata: Metadata; until: number; staleUntil: number } | undefined;
  let underWay: Promise<Metadata> | undefined;
  let keys: { uri: string; get: JWTVerifyGetKey } | undefined;

  const metadata = (): Promise<Metadata> => {
    if (known && known.until > clock.now()) return Promise.resolve(known.metadata);
    underWay ??= discover({ fetch }, issuer, alg)
      .then(({ metadata, maxAgeMs }) => {
        const until = clock.now() + maxAgeMs;
        known = { metadata, until, staleUntil: until + staleMs };
        return metadata;
      })
      .catch((fault: unknown) => {
        const away = fault instanceof IssuerAway;
        if (!(away && known && clock.now() < known.staleUntil)) throw fault;
        known.until = clock.now() + freshMs.least;
        return known.metadata;
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };

  return {
    metadata,
    async key(header, token) {
      const { jwks_uri: uri } = await metadata().catch((cause: unknown) => {
        throw new KeysUnavailable(words`the metadata is not available`, { cause });
      });
      if (keys?.uri !== uri) keys = { uri, get: keySet({ fetch, clock }, uri) };
      return keys.get(header, token);
    },
  };
}

async function discover(
  { fetch }: { fetch: Fetch },
  issuer: string,
  alg: DpopAlg | undefined,
): Promise<{ metadata: Metadata; maxAgeMs: number }> {
  let why: Plain | undefined;
  const signal = AbortSignal.timeout(waitsMs.metadata);
  for (const url of metadataUrls(issuer)) {
    const response = await fetch(
      new Request(url, {
        headers: { accept: 'application/json' },
        redirect: 'manual',
        signal,
      }),
    ).catch((cause: unknown) => {
      throw new IssuerAway(words`metadata cannot be fetched`, { cause });
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      why ??= words`status ${response.status}`;
      continue;
    }
    const document: unknown = await response.json().catch(() => undefined);
    // An HTML page or a cut answer comes from something between us and the server.
    if (!isObject(document)) {
      why ??= words`it is not a JSON object`;
      continue;
    }
    const faults = metadataFaults(document, issuer, alg);
    if (faults.length > 0) {
      throw new IssuerError(words`metadata is unusable: ${plain(faults.join('; '))}`);
    }
    return { metadata: document as Metadata, maxAgeMs: maxAgeMs(response.headers) };
  }
  throw new IssuerAway(words`metadata is not available: ${why ?? words`no answer`}`);
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function maxAgeMs(headers: Headers): number {
  const maxAge = /(?:^|[\s,])max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1];
  if (maxAge === undefined) return freshMs.usual;
  return Math.min(Math.max(Number(maxAge) * 1000, freshMs.least), freshMs.most);
}
