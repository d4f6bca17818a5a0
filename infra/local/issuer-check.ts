// Looks at the issuer's metadata once, at the start. What is wrong is a warning: the server may come up later,
// and until then every sign-in is refused.
import { fetchOver } from '#adapters/fetch.ts';
import { httpClient } from '#adapters/http-client.ts';
import { IssuerError, issuerOf } from '#core/issuer.ts';
import type { Config } from '#shared/config.ts';

/** Undefined: nothing is wrong. */
export async function issuerWarning(config: Config): Promise<string | undefined> {
  const alg = config.dpop.keySpec === 'RSA_2048' ? 'RS256' : 'ES256';
  const http = httpClient();
  const fetching = { fetch: fetchOver(http), clock: Date };
  try {
    await issuerOf(fetching, config.issuer, alg).metadata();
    return undefined;
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    return `warning: ${config.issuer}: ${error.message}. Sign-ins are refused until that is mended.`;
  } finally {
    await http.close();
  }
}
