// A second Region over the same table and keys: another deployment, which runs elsewhere. The public origin leads to one of
// them, or to the other.
import type { OwnConfig } from '#infra/local/run/own-config.ts';
import { type System, type SystemOptions, startSystem } from '#infra/local/run/system.ts';
import { away } from '#test/support/regions.ts';
import { part } from '#test/support/running.ts';

/** The same configuration, deployed elsewhere. */
export function secondRegion(
  first: System,
  config: OwnConfig,
  options: Pick<SystemOptions, 'containers' | 'onLog'>,
): Promise<System> {
  const { issuer, clientId, publicOrigin } = first.config;
  return startSystem({
    ...options,
    port: 0,
    lambdaPort: 0,
    idleMs: 20_000,
    config: { ...config, issuer, clientId, publicOrigin },
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: part(first.dynamodb).url,
      AWS_ENDPOINT_URL_KMS: part(first.kms).url,
      AWS_REGION: away,
    },
    // A second deployment is told which keys the first one made.
    variables: { BFF_DPOP_KEY: first.keys.dpop, BFF_ASSERTION_KEY: first.keys.assertion },
  });
}

/** Where the public origin leads. */
export function trafficOver(systems: readonly [System, ...System[]]) {
  let nth = 0;
  const now = () => systems[nth % systems.length] ?? systems[0];
  return {
    get nth() {
      return nth % systems.length;
    },
    /** The others take over. */
    move(): void {
      nth += 1;
    },
    /** As DNS has it: only the first one's origin is known. */
    reach(url: URL): URL {
      if (url.origin !== systems[0].url) return url;
      return new URL(url.pathname + url.search, now().url);
    },
    origin: () => now().url,
  };
}
