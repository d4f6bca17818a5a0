// What an administrator does in Keycloak's console, over its REST API.
import { type Client, realm, realmRepresentation } from './realm.ts';

export const administrator = { username: 'admin', password: 'a-password-of-the-admin' };

export type Admin = ReturnType<typeof adminAt>;

export function adminAt(url: string) {
  /** Its tokens live for a minute: each request asks for one. */
  async function ask<T>(method: string, path: string, body?: object): Promise<T> {
    const grant = { grant_type: 'password', client_id: 'admin-cli', ...administrator };
    const given = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams(grant),
    });
    const { access_token } = (await given.json()) as { access_token: string };
    const answer = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  const idOfClient = async (clientId: string) => {
    const query = new URLSearchParams({ clientId });
    const found = await ask<{ id: string }[]>('GET', `/${realm}/clients?${query}`);
    return found[0]?.id;
  };

  const idOfUser = async (username: string) => {
    const query = new URLSearchParams({ username, exact: 'true' });
    const found = await ask<{ id: string }[]>('GET', `/${realm}/users?${query}`);
    return found[0]?.id;
  };

  let keys = 0;
  return {
    createRealm: () => ask('POST', '', realmRepresentation),
    changeRealm: (changes: object) => ask('PUT', `/${realm}`, changes),
    async putClient(client: Client): Promise<void> {
      const id = await idOfClient(client.clientId);
      if (id) await ask('PUT', `/${realm}/clients/${id}`, client);
      else await ask('POST', `/${realm}/clients`, client);
    },
    /** A key that comes before all others, and signs at once. */
    async newKey(): Promise<void> {
      const { id } = await ask<{ id: string }>('GET', `/${realm}`);
      keys += 1;
      await ask('POST', `/${realm}/components`, {
        name: `key ${keys}`,
        providerId: 'rsa-generated',
        providerType: 'org.keycloak.keys.KeyProvider',
        parentId: id,
        config: { priority: [String(1000 + keys)], algorithm: ['RS256'], keySize: ['2048'] },
      });
    },
    /** "Sign out" on the user's page. */
    async signOutEverywhere(username: string): Promise<void> {
      await ask('POST', `/${realm}/users/${await idOfUser(username)}/logout`);
    },
    /** The clients that take part in one of the user's sessions. */
    async clientsIn(sid: string, username: string): Promise<string[]> {
      type Session = { id: string; clients: Record<string, string> };
      const path = `/${realm}/users/${await idOfUser(username)}/sessions`;
      const sessions = await ask<Session[]>('GET', path);
      return Object.values(sessions.find(({ id }) => id === sid)?.clients ?? {});
    },
  };
}
