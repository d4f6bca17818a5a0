// Which audience a revocation's client assertion names, at servers that want different ones.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { revokeTokens } from '#core/issuer/revocation.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { type Ground, startGround } from '#test/support/ground.ts';
import {
  type RecordingServer,
  type Seen,
  startRecordingServer,
} from '#test/support/recording-server.ts';

let ground: Ground;
let server: RecordingServer;
beforeAll(async () => {
  [ground, server] = await Promise.all([
    startGround(),
    startRecordingServer({ path: '/realms/bff' }),
  ]);
});
afterAll(() => Promise.all([ground?.close(), server?.close()]));
beforeEach(() => {
  server.reset();
  ground.logged.length = 0;
});

const audienceOf = ({ form }: Seen) => decodeJwt(form.get('client_assertion') ?? '').aud;
const named = {
  endpoint: () => `${server.issuer}/v1/revoke`,
  issuer: () => server.issuer,
  token_endpoint: () => `${server.issuer}/v1/token`,
};
type Named = keyof typeof named;

/** The server takes this audience alone, as Keycloak and Hydra do. */
const takes = (audience: Named | undefined, error = 'invalid_client') =>
  server.change('revoke', (usual, seen) =>
    audience && audienceOf(seen) === named[audience]()
      ? usual
      : { status: 400, body: { error, error_description: 'Invalid token audience' } },
  );

const environment = (own: Partial<ConfigInput> = {}) =>
  ground.environment({}, { issuer: server.issuer, ...own });
const asked = () => server.to('revoke').map((seen) => [seen.form.get('token'), audienceOf(seen)]);
const both = { refreshToken: 'rt', accessTokens: ['at'] };
const failures = () =>
  ground.logged.filter(({ name }) => name === 'revocation.failed').map(({ fields }) => fields);

describe('without an audience in the configuration', () => {
  test.each<[Named, Named[]]>([
    ['endpoint', ['endpoint', 'endpoint']],
    ['issuer', ['endpoint', 'issuer', 'issuer']],
    ['token_endpoint', ['endpoint', 'issuer', 'token_endpoint', 'token_endpoint']],
  ])('a server that wants the %s gets it, and is remembered', async (wanted, tried) => {
    takes(wanted);
    const broker = environment();
    await revokeTokens(ground.request(broker), both);
    expect(asked().map(([, audience]) => audience)).toEqual(tried.map((name) => named[name]()));
    expect(failures()).toEqual([]);
    server.seen.length = 0;
    await revokeTokens(ground.request(broker), { refreshToken: 'another' });
    expect(asked()).toEqual([['another', named[wanted]()]]);
  });

  test('a server that accepts none is asked three times, and the log says what it answered', async () => {
    takes(undefined);
    await revokeTokens(ground.request(environment()), { refreshToken: 'rt' });
    expect(asked()).toHaveLength(3);
    expect(failures()).toEqual([{ status: 400, error: 'invalid_client' }]);
  });

  test('another error is final: it is not about the audience', async () => {
    takes(undefined, 'unsupported_token_type');
    await revokeTokens(ground.request(environment()), { refreshToken: 'rt' });
    expect(asked()).toHaveLength(1);
    expect(failures()).toEqual([{ status: 400, error: 'unsupported_token_type' }]);
  });

  test('text that is not a registered error stays out of the log', async () => {
    takes(undefined, 'ada@example.com');
    await revokeTokens(ground.request(environment()), { refreshToken: 'rt' });
    expect(failures()).toEqual([{ status: 400 }]);
  });
});

test.each<Named>(['endpoint', 'issuer', 'token_endpoint'])(
  'an audience that the configuration names (%s) is kept to',
  async (assertionAudience) => {
    takes(undefined);
    await revokeTokens(ground.request(environment({ assertionAudience })), { refreshToken: 'rt' });
    expect(asked()).toEqual([['rt', named[assertionAudience]()]]);
  },
);

test('a client without assertions is asked once', async () => {
  server.change('revoke', () => ({ status: 401, body: { error: 'invalid_client' } }));
  await revokeTokens(ground.request(environment({ clientAuth: 'none' })), { refreshToken: 'rt' });
  expect(server.to('revoke')).toHaveLength(1);
});

describe('a connection that dies', () => {
  test('is tried once more: the token may still be good, and revoking it twice does no harm', async () => {
    let lost = 0;
    server.change('revoke', (usual) => (lost++ === 0 ? 'drop' : usual));
    await revokeTokens(ground.request(environment()), both);
    expect(asked().map(([token]) => token)).toEqual(['rt', 'rt', 'at']);
    expect(failures()).toEqual([]);
  });

  test('is given up after a while, and logged', async () => {
    server.change('revoke', () => 'drop');
    await revokeTokens(ground.request(environment()), both);
    expect(asked().map(([token]) => token)).toEqual(['rt', 'rt']);
    expect(failures()).toEqual([{ status: 0 }]);
  });
});
