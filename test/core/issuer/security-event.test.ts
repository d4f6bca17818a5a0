// Which logout tokens and Universal Logout bearers count, by their algorithm and type, and what the log says of the others.
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { keySet } from '#core/issuer/key-set.ts';
import { openSession } from '#core/session/session.ts';
import { revokeGlobally } from '#core/sign-out/global-revocation.ts';
import { backChannelLogout } from '#core/sign-out/provider-logout.ts';
import { type Ground, signedIn, startGround } from '#test/support/ground.ts';

const algs = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'] as const;
type Alg = (typeof algs)[number];

let ground: Ground;
const pairs = {} as Record<Alg, Awaited<ReturnType<typeof generateKeyPair>>>;
beforeAll(async () => {
  ground = await startGround();
  for (const alg of algs) pairs[alg] = await generateKeyPair(alg);
});
afterAll(() => ground?.close());
beforeEach(() => {
  ground.logged.length = 0;
});

const event = 'http://schemas.openid.net/event/backchannel-logout';
const sub = '00u1adalovelace0local';
const now = () => Math.floor(Date.now() / 1000);

/** An environment whose server has a key of every algorithm and announces these. */
function serverOf(announced: string[] | undefined, profile: 'okta' | 'fapi2' = 'okta'): Broker {
  const jwks = async () => {
    const keys = algs.map(async (alg) => ({
      ...(await exportJWK(pairs[alg].publicKey)),
      kid: alg,
      alg,
    }));
    return Response.json({ keys: await Promise.all(keys) });
  };
  return ground.environment(
    ({ issuer, clock }) => ({
      issuer: {
        key: keySet({ fetch: jwks, clock }, `${ground.okta.issuer}/keys`),
        async metadata() {
          const { id_token_signing_alg_values_supported: _, ...metadata } = await issuer.metadata();
          return announced
            ? { ...metadata, id_token_signing_alg_values_supported: announced }
            : metadata;
        },
      },
    }),
    { profile },
  );
}

const signed = (alg: Alg, claims: JWTPayload, typ: string) =>
  new SignJWT({
    iss: ground.okta.issuer,
    iat: now(),
    exp: now() + 120,
    jti: crypto.randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg, kid: alg, typ })
    .sign(pairs[alg].privateKey);

const logoutToken = (alg: Alg, claims: object = {}, typ = 'logout+jwt') =>
  signed(alg, { aud: 'bff', sub, events: { [event]: {} }, ...claims }, typ);

const logged = () =>
  ground.logged
    .filter(({ name }) => name.endsWith('.refused'))
    .map(({ name, fields }) => [name, fields]);

describe('a logout token may be signed with', () => {
  test.each<[string, Broker['config']['profile'], string[] | undefined, Alg[]]>([
    ['what the server announces', 'okta', ['ES256', 'EdDSA', 'HS256'], ['ES256', 'EdDSA']],
    ['RS256 where it announces nothing', 'okta', undefined, ['RS256']],
    ['Ed25519 by its new name', 'okta', ['Ed25519'], ['Ed25519']],
    ['what FAPI 2.0 allows of it', 'fapi2', [...algs], ['PS256', 'ES256', 'EdDSA', 'Ed25519']],
    ['what FAPI 2.0 allows', 'fapi2', undefined, ['PS256', 'ES256', 'EdDSA', 'Ed25519']],
    ['nothing where FAPI 2.0 allows none of it', 'fapi2', ['RS256', 'ES384'], []],
  ])('%s', async (_name, profile, announced, allowed) => {
    const broker = serverOf(announced, profile);
    const taken: Alg[] = [];
    for (const alg of algs) {
      if (await backChannelLogout(ground.request(broker), await logoutToken(alg))) taken.push(alg);
    }
    expect(taken).toEqual(allowed);
  });
});

test('a token that the server could not have announced ends no session', async () => {
  const session = await signedIn(ground);
  const broker = serverOf(['RS256']);
  expect(await backChannelLogout(ground.request(broker), await logoutToken('ES256'))).toBe(false);
  expect(await openSession(broker, session.secret)).toBeDefined();
  expect(logged()).toEqual([['logout_token.refused', { reason: 'ERR_JOSE_ALG_NOT_ALLOWED' }]]);
  expect(await backChannelLogout(ground.request(broker), await logoutToken('RS256'))).toBe(true);
  expect(await openSession(broker, session.secret)).toBeUndefined();
});

describe('a refused logout token leaves its reason in the log, and nothing of its content', () => {
  test.each<[string, object, string?]>([
    ['typ does not fit', {}, 'at+jwt'],
    ['iss: check_failed', { iss: 'https://secret.example' }],
    ['aud: check_failed', { aud: 'secret' }],
    ['exp: check_failed', { exp: 1 }],
    ['iat: check_failed', { iat: 1, exp: now() + 60 }],
    ['jti is missing', { jti: '' }],
    ['nonce is present', { nonce: 'secret' }],
    ['events does not name this event', { events: { secret: {} } }],
    ['sid and sub are missing', { sub: undefined }],
  ])('%s', async (reason, claims, typ) => {
    const token = await logoutToken('RS256', claims, typ);
    expect(await backChannelLogout(ground.request(serverOf(['RS256'])), token)).toBe(false);
    expect(logged()).toEqual([['logout_token.refused', { reason }]]);
  });

  test('it was used before', async () => {
    const [broker, token] = [serverOf(['RS256']), await logoutToken('RS256')];
    await backChannelLogout(ground.request(broker), token);
    expect(await backChannelLogout(ground.request(broker), token)).toBe(false);
    expect(logged()).toEqual([['logout_token.refused', { reason: 'it was used before' }]]);
  });

  test.each(['', 'a', 'a.b.c', '..', 'e30.e30.', `${'x'.repeat(5000)}.y.z`])(
    'it is not a JWT: %s',
    async (text) => {
      expect(await backChannelLogout(ground.request(serverOf(['RS256'])), text)).toBe(false);
      expect(logged()).toHaveLength(1);
      expect(JSON.stringify(logged())).not.toContain('xxx');
    },
  );

  test('an unknown key, once it was looked up, and while others wait', async () => {
    const broker = serverOf(['RS256']);
    const { privateKey } = pairs.RS256;
    for (const kid of ['one', 'two', 'three']) {
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', kid })
        .sign(privateKey);
      expect(await backChannelLogout(ground.request(broker), token)).toBe(false);
    }
    const reasons = logged().map(([, fields]) => (fields as { reason: string }).reason);
    expect(reasons[0]).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(reasons).toHaveLength(3);
  });
});

test('a refused Universal Logout bearer leaves its reason in the log', async () => {
  const broker = serverOf(['RS256']);
  const bearer = (claims: JWTPayload) =>
    signed(
      'RS256',
      { aud: 'http://localhost:9/bff/global-token-revocation', sub: 'bff', ...claims },
      'global-token-revocation+jwt',
    );
  const body = () => ({ sub_id: { format: 'opaque', id: sub } });
  const asked = async (claims: JWTPayload) =>
    revokeGlobally(ground.request(broker), `Bearer ${await bearer(claims)}`, body);
  expect(await revokeGlobally(ground.request(broker), undefined, body)).toBe(401);
  expect(await asked({ iss: 'https://secret.example' })).toBe(403);
  expect(await asked({ sub: 'secret' })).toBe(401);
  expect(await asked({ aud: 'secret' })).toBe(401);
  expect(logged()).toEqual(
    [
      'no bearer token came',
      'iss names another issuer',
      'sub is not the client',
      'aud: check_failed',
    ].map((reason) => ['universal_logout.refused', { reason }]),
  );
});
