// Checks the issuer's metadata once, at the start. A problem is only a warning: the server may come up later, and until
// then every sign-in is refused.

import { httpClient } from '#adapters/http/client.ts';
import { fetchOver } from '#adapters/http/fetch.ts';
import { IssuerError, issuerOf } from '#core/issuer/issuer.ts';
import type { Config } from '#shared/config/schema.ts';

/** Undefined when nothing is wrong. */
export async function issuerWarning(config: Config): Promise<string | undefined> {
  try {
    await metadataOf(config);
    return undefined;
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    return `warning: ${config.issuer}: ${error.message}. Sign-ins are refused until that is fixed.`;
  }
}

/**
 * Returns undefined when the server announces DPoP or does not answer. A server may support DPoP without announcing it.
 */
export async function dpopWarning(config: Config): Promise<string | undefined> {
  const metadata = await metadataOf(config).catch(() => undefined);
  return metadata && metadata.dpop_signing_alg_values_supported === undefined
    ? `warning: ${config.issuer} does not announce DPoP. If its tokens are of type Bearer, every sign-in is refused.`
    : undefined;
}

async function metadataOf(config: Config) {
  const alg = config.dpop.keySpec === 'RSA_2048' ? 'RS256' : 'ES256';
  const http = httpClient();
  try {
    return await issuerOf({ fetch: fetchOver(http), clock: Date }, config.issuer, alg).metadata();
  } finally {
    await http.close();
  }
}
