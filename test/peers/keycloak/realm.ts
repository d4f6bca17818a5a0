// The realm of the tests. How Keycloak keeps our application is written in docs/other-servers.md, and read from there.
import type { OwnConfig } from '#infra/local/run/own-config.ts';
import type { App, ClientAuth } from '#test/support/peers/peer.ts';
import { blocksOf } from '../settings.ts';

const [client = '', config = ''] = blocksOf('Keycloak', 'json');

export interface Client {
  clientId: string;
  attributes: Record<string, string>;
  [field: string]: unknown;
}

export const clientSecret = 'a-secret-of-the-app';
export const realm = 'acme';
export const user = { username: 'ada', password: 'a-password-of-ada' };

/** The client of the page, at another origin; the other ways to authenticate change what they must. */
export function clientOf({ auth, origin, tokenSeconds = 300, channel = 'back' }: App): Client {
  const documented = JSON.parse(client.replaceAll('https://app.acme.com', origin)) as Client;
  return {
    ...documented,
    clientId: idOf(auth),
    ...(auth.startsWith('client_secret') && {
      clientAuthenticatorType: 'client-secret',
      secret: clientSecret,
    }),
    ...(auth === 'none' && { publicClient: true }),
    attributes: {
      ...documented.attributes,
      'access.token.lifespan': String(tokenSeconds),
      'require.pushed.authorization.requests': 'true',
    },
    ...(channel === 'front' && asFrontChannel(documented, origin)),
  };
}

const asFrontChannel = ({ attributes }: Client, origin: string) => ({
  frontchannelLogout: true,
  attributes: {
    ...attributes,
    'frontchannel.logout.url': `${origin}/bff/frontchannel-logout`,
    'frontchannel.logout.session.required': 'true',
  },
});

/** Our configuration of the page, for a server elsewhere. */
export function configOf(auth: ClientAuth, issuer: string, routes: OwnConfig['routes']): OwnConfig {
  const { publicOrigin: _, ...documented } = JSON.parse(config);
  return {
    ...documented,
    issuer,
    clientId: idOf(auth),
    clientAuth: auth,
    ...(auth.startsWith('client_secret') && { clientSecret }),
    routes,
  };
}

const idOf = (auth: ClientAuth) => (auth === 'private_key_jwt' ? 'app' : `app-${auth}`);

const execution = (authenticator: string, requirement: string, priority: number) => ({
  authenticator,
  requirement,
  priority,
  authenticatorFlow: false,
});

const subflow = (flowAlias: string, requirement: string, priority: number) => ({
  flowAlias,
  requirement,
  priority,
  authenticatorFlow: true,
});

const flow = (alias: string, executions: object[], topLevel = false) => ({
  alias,
  providerId: 'basic-flow',
  topLevel,
  builtIn: false,
  authenticationExecutions: executions,
});

const level = (number: number, authenticator: string) =>
  flow(`level ${number}`, [
    {
      ...execution('conditional-level-of-authentication', 'REQUIRED', 10),
      authenticatorConfig: `level ${number}`,
    },
    execution(authenticator, 'REQUIRED', 20),
  ]);

/** "Max Reuse" as the page advises; a sign-in has two levels, the second of which asks for the password again. */
export const realmRepresentation = {
  realm,
  enabled: true,
  revokeRefreshToken: true,
  refreshTokenMaxReuse: 1,
  attributes: { 'acr.loa.map': '{"silver":1,"gold":2}' },
  browserFlow: 'levels',
  authenticationFlows: [
    flow(
      'levels',
      [execution('auth-cookie', 'ALTERNATIVE', 10), subflow('both levels', 'ALTERNATIVE', 20)],
      true,
    ),
    flow('both levels', [
      subflow('level 1', 'CONDITIONAL', 10),
      subflow('level 2', 'CONDITIONAL', 20),
    ]),
    level(1, 'auth-username-password-form'),
    level(2, 'auth-password-form'),
  ],
  authenticatorConfig: [1, 2].map((number) => ({
    alias: `level ${number}`,
    config: { 'loa-condition-level': String(number), 'loa-max-age': '36000' },
  })),
  users: [
    {
      username: user.username,
      enabled: true,
      emailVerified: true,
      email: 'ada@example.com',
      firstName: 'Ada',
      lastName: 'Lovelace',
      credentials: [{ type: 'password', value: user.password, temporary: false }],
    },
  ],
};
