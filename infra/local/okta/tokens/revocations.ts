// What an administrator can end at Okta: the sessions and tokens of one person or of everybody.
import type { AuthorizationServer, Org } from '#infra/local/okta/org.ts';
import { personByName } from '#infra/local/okta/people/people.ts';

export type Revocable = 'access_tokens' | 'refresh_tokens' | 'sessions';

const models: Record<Revocable, string> = {
  access_tokens: 'AccessToken:',
  refresh_tokens: 'RefreshToken:',
  sessions: 'Session:',
};

/** Returns how many were ended. */
export function revokeAll(
  org: Org,
  servers: AuthorizationServer[],
  what: Revocable,
  user?: string,
): number {
  const account = user === undefined ? undefined : (personByName(user)?.id ?? user);
  let ended = 0;
  for (const rows of [org.sessions, ...servers.map((server) => server.rows)]) {
    for (const [key, { payload }] of rows) {
      if (!key.startsWith(models[what])) continue;
      if (account !== undefined && payload.accountId !== account) continue;
      rows.delete(key);
      ended += 1;
    }
  }
  return ended;
}
