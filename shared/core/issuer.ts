// The authorization server as one environment knows it: metadata with an expiry, and its signature keys.
import type { JWTVerifyGetKey } from 'jose';
import { KeysUnavailable, keySet } from './key-set.ts';
import { type Metadata, metadataFaults, metadataUrls } from './metadata.ts';
import type { Clock, DpopAlg, Fetch } from './ports.ts';

export interface Issuer {
  /** Throws IssuerError; a failure is not remembered, so the next request asks again. One that is away is still known. */
  metadata(): Promise<Metadata>;
  /** The key of an ID token or logout token. Throws KeysUnavailable where that says nothing of the token. */
  key: JWTVerifyGetKey;
}

export class IssuerError extends Error {
  override name = 'IssuerError';
}

/** It did not say anything new. */
class IssuerAway extends IssuerError {}

const freshMs = { least: 60_000, usual: 3_600_000, most: 24 * 3_600_000 };
/** An outage, or a rate limit, of this document alone ends no session. */
const staleMs = 24 * 3_600_000;
const timeoutMs = 5_000;

export function issuerOf(
  { fetch, clock }: { fetch: Fetch; clock: Clock },
  issuer: string,
  alg: DpopAlg,
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
        throw new KeysUnavailable('the metadata cannot be had', { cause });
      });
      if (keys?.uri !== uri) keys = { uri, get: keySet({ fetch, clock }, uri) };
      return keys.get(header, token);
    },
  };
}

async function discover(
  { fetch }: { fetch: Fetch },
  issuer: string,
  alg: DpopAlg,
): Promise<{ metadata: Metadata; maxAgeMs: number }> {
  let why: string | undefined;
  const signal = AbortSignal.timeout(timeoutMs);
  for (const url of metadataUrls(issuer)) {
    const response = await fetch(
      new Request(url, {
        headers: { accept: 'application/json' },
        redirect: 'manual',
        signal,
      }),
    ).catch((cause: unknown) => {
      throw new IssuerAway('metadata cannot be fetched', { cause });
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      why ??= `status ${response.status}`;
      continue;
    }
    const document: unknown = await response.json().catch(() => undefined);
    // A page, or an answer that was cut off, comes from something in between.
    if (!isObject(document)) {
      why ??= 'it is not a JSON object';
      continue;
    }
    const faults = metadataFaults(document, issuer, alg);
    if (faults.length > 0) throw new IssuerError(`metadata is unusable: ${faults.join('; ')}`);
    return { metadata: document as Metadata, maxAgeMs: maxAgeMs(response.headers) };
  }
  throw new IssuerAway(`metadata cannot be had: ${why}`);
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function maxAgeMs(headers: Headers): number {
  const maxAge = /(?:^|[\s,])max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1];
  if (maxAge === undefined) return freshMs.usual;
  return Math.min(Math.max(Number(maxAge) * 1000, freshMs.least), freshMs.most);
}
