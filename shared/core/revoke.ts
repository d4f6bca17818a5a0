// Token revocation, RFC 7009. Best effort and bounded: it never stands in the way of what follows.
import { post } from './back-channel.ts';
import type { Broker } from './broker.ts';
import { shareOf } from './share.ts';

const timeoutMs = 3_000;

export interface Revocable {
  refreshToken?: string | undefined;
  accessTokens?: string[];
}

/** Refresh token first: at Okta its revocation takes the access token with it. */
export async function revoke(
  broker: Broker,
  { refreshToken, accessTokens = [] }: Revocable,
): Promise<void> {
  const signal = shareOf(broker, 0.5, timeoutMs);
  const forms = accessTokens.map((token) => ({ token, token_type_hint: 'access_token' }));
  if (refreshToken) forms.unshift({ token: refreshToken, token_type_hint: 'refresh_token' });
  for (const form of forms) {
    try {
      const { revocation_endpoint: endpoint } = await broker.issuer.metadata();
      if (!endpoint) return;
      const { status } = await post(broker, { endpoint, form, proof: 'never', signal });
      if (status !== 200) broker.log('revocation.failed', { status });
    } catch {
      // The token ends by itself; the session that held it is gone already.
      broker.log('revocation.failed', { status: 0 });
      return;
    }
  }
}
