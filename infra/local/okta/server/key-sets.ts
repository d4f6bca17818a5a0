// How long an app's key set is cached. oidc-provider caches it with the app that it has read, for at least a minute,
// even when an assertion names an unknown key. An app whose settings differ is read again, and its key set fetched
// again.
import type { AdapterPayload } from 'oidc-provider';
import type { OktaClient, OktaSettings } from '#infra/local/okta/options.ts';
import { clientMetadata } from '#infra/local/okta/tokens/clients.ts';

export function withKeySets(
  settings: Pick<OktaSettings, 'keySetSeconds' | 'clock' | 'idTokenAlg'>,
): (client: OktaClient) => AdapterPayload {
  const keptSince = new Map<string, number>();
  return (client) => {
    const { keySetSeconds, idTokenAlg } = settings;
    const now = settings.clock();
    const since = keptSince.get(client.clientId) ?? Number.NEGATIVE_INFINITY;
    if (now >= since + keySetSeconds * 1000) keptSince.set(client.clientId, now);
    return {
      ...clientMetadata(client),
      id_token_signed_response_alg: idTokenAlg,
      key_set_since: keptSince.get(client.clientId),
    };
  };
}
