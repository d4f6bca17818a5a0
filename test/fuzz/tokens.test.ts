// ID tokens, token responses, renewals and logout tokens, with everything about them changed. Rules of this file's own judge
// a second time what is sound: only that passes, an answer that is no token response ends no session, and nothing is thrown.
import fc from 'fast-check';
import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { keySet } from '#core/issuer/key-set.ts';
import { judgeTokenResponse, type TokenOutcome } from '#core/issuer/token-response.ts';
import { sha256 } from '#core/lib/encoding.ts';
import { backChannelLogout } from '#core/sign-out/provider-logout.ts';
import { holds } from '#test/support/holds.ts';
import { proxyWorld } from '#test/support/proxying.ts';
import { requestOn } from '#test/support/requests.ts';
import { aConfig, okta as issuer } from '#test/support/routes.ts';

const clientId = '0oa1';
const subject = '00u1';
const nonce = 'the-nonce';
const code = 'the-code';
const accessToken = 'the-access-token';
const now = Math.floor(Date.now() / 1000);
const day = 86_400;

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
/** `ES256` is announced, published, and signs what is sound; `RS256` is published and not announced. */
const pairs = {} as Record<'ES256' | 'RS256' | 'stranger', Pair>;
beforeAll(async () => {
  pairs.ES256 = await generateKeyPair('ES256');
  pairs.RS256 = await generateKeyPair('RS256');
  pairs.stranger = await generateKeyPair('ES256');
});

/** A server whose keys can be had, or not; and what was logged of it. */
function environment(keys: 'there' | 'away' = 'there') {
  const logged: string[] = [];
  const ended: string[] = [];
  const used = new Set<string>();
  const clock = { now: () => now * 1000 };
  const jwks = async () => {
    if (keys === 'away') return new Response('<html>', { status: 200 });
    const published = (['ES256', 'RS256'] as const).map(async (alg) => ({
      ...(await exportJWK(pairs[alg].publicKey)),
      kid: alg,
      alg,
    }));
    return Response.json({ keys: await Promise.all(published) });
  };
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/oauth2/v1/token`,
    jwks_uri: `${issuer}/keys`,
    id_token_signing_alg_values_supported: ['ES256'],
  };
  const broker = {
    config: aConfig({ trustedAudiences: ['trusted'] }),
    clock,
    issuer: {
      metadata: async () => metadata,
      key: keySet({ fetch: jwks, clock }, metadata.jwks_uri),
    },
    marks: {
      markSignedOut: async (hash: string) => void ended.push(hash),
      mayUse: async (hash: string) => !used.has(hash),
      useUp: async (hash: string) => void used.add(hash),
    } satisfies Partial<Broker['marks']>,
    sessions: {
      async *find() {},
    },
  } as unknown as Broker;
  const request = requestOn(broker, (name: string) => void logged.push(name));
  return { request, metadata, logged, ended };
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 1e300, true, [], {}, ['', null], '\u0000', '__proto__'),
  fc.jsonValue({ maxDepth: 1 }),
);
/** Mostly the sound value, often one of the others, sometimes anything. */
const mostly = (sound: unknown, ...others: unknown[]) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constant(sound) },
    { weight: 2, arbitrary: fc.constantFrom(...others, undefined) },
    { weight: 1, arbitrary: odd },
  );

const header = fc.record({
  alg: mostly('ES256', 'RS256', 'none', 'HS256', 'ES384', 'EdDSA'),
  kid: mostly('ES256', 'RS256', 'nobody'),
  typ: mostly('JWT', 'at+jwt', 'logout+jwt', 'application/logout+jwt', 'LOGOUT+JWT'),
});
const signer = fc.constantFrom(
  'ES256',
  'ES256',
  'ES256',
  'ES256',
  'RS256',
  'stranger',
  'cut',
  'none',
);

type Header = Record<'alg' | 'kid' | 'typ', unknown>;
type Claims = Record<string, unknown>;

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

async function jwtOf(head: Header, claims: Claims, by: string): Promise<string> {
  const unsigned = `${encode(head)}.${encode(claims)}`;
  if (by === 'none') return `${unsigned}.`;
  const alg = by === 'RS256' ? 'RS256' : 'ES256';
  const pair = pairs[by as keyof typeof pairs] ?? pairs.ES256;
  // Signed as the key can, under whatever the header says of it.
  const { subtle } = globalThis.crypto;
  const way = alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5' };
  const signature = await subtle.sign(way, pair.privateKey, Buffer.from(unsigned));
  const jwt = `${unsigned}.${Buffer.from(signature).toString('base64url')}`;
  return by === 'cut' ? jwt.slice(0, -8) : jwt;
}

const isSoundlySigned = ({ alg, kid }: Header, by: string) =>
  by === 'ES256' && alg === 'ES256' && (kid === 'ES256' || kid === undefined);

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** Audience and authorized party (OpenID Connect Core 3.1.3.7 no. 3 to 5). */
function isForUs({ aud, azp }: Claims): boolean {
  const all = Array.isArray(aud) ? aud : [aud];
  if (!all.includes(clientId) || !all.every((one) => one === clientId || one === 'trusted')) {
    return false;
  }
  return azp === clientId || (azp === undefined && all.length === 1);
}

const leftHalf = (token: string) =>
  Buffer.from(sha256(token), 'base64url').subarray(0, 16).toString('base64url');

const idTokenClaims = fc.record({
  iss: mostly(issuer, `${issuer}/`, 'https://evil.example'),
  aud: mostly(clientId, 'another', [clientId], [clientId, 'trusted'], [clientId, 'another']),
  azp: mostly(undefined, clientId, 'another'),
  sub: mostly(subject, 'another', ''),
  exp: mostly(now + 300, now - 300, now - 5),
  iat: mostly(now, now - day, now + day, now + 299),
  nonce: mostly(nonce, 'another'),
  at_hash: mostly(undefined, leftHalf(accessToken), 'AAAA'),
  c_hash: mostly(undefined, leftHalf(code), 'AAAA'),
  auth_time: mostly(now - 10, now - day, now - 5, now + day),
});

const isSoundAtSignIn = (claims: Claims) =>
  claims.iss === issuer &&
  isForUs(claims) &&
  typeof claims.sub === 'string' &&
  claims.sub !== '' &&
  isNumber(claims.exp) &&
  claims.exp > now - 30 &&
  isNumber(claims.iat) &&
  Math.abs(claims.iat - now) <= 300 &&
  claims.nonce === nonce &&
  (claims.at_hash === undefined || claims.at_hash === leftHalf(accessToken)) &&
  (claims.c_hash === undefined || claims.c_hash === leftHalf(code)) &&
  (claims.auth_time === undefined ||
    (isNumber(claims.auth_time) && claims.auth_time >= 0 && claims.auth_time <= now + 300));

const judged = async (
  { request, metadata }: ReturnType<typeof environment>,
  body: unknown,
  status = 200,
  grant: 'authorization_code' | 'refresh_token' = 'authorization_code',
): Promise<TokenOutcome> => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const expected =
    grant === 'authorization_code'
      ? ({ grant, jkt: 'jkt', nonce, code } as const)
      : ({ grant, jkt: 'jkt', subject, authTime: now - 10 } as const);
  return judgeTokenResponse(request, metadata, { status, headers: new Headers(), text }, expected);
};

const answerWith = (idToken: unknown) => ({
  access_token: accessToken,
  refresh_token: 'the-refresh-token',
  token_type: 'DPoP',
  expires_in: 300,
  id_token: idToken,
});

const tally = (of: Map<string, number>, name: string) => of.set(name, (of.get(name) ?? 0) + 1);

test('a sign-in takes an ID token if, and only if, it is sound', async () => {
  const [there, seen] = [environment(), new Map<string, number>()];
  await holds(
    fc.asyncProperty(header, idTokenClaims, signer, async (head, claims, by) => {
      const outcome = await judged(there, answerWith(await jwtOf(head, claims, by)));
      const sound = isSoundlySigned(head, by) && isSoundAtSignIn(claims);
      // A key id that has to wait for its turn is looked up later: nobody is signed in either way.
      if (sound) expect(outcome.kind).toBe('tokens');
      else expect(outcome.kind).toMatch(/^(untrusted|unavailable)$/);
      if (outcome.kind === 'unavailable') expect(outcome.reason).toBe('keys_unavailable');
      tally(seen, sound ? 'sound' : 'not');
    }),
    { numRuns: 800 },
  );
  expect(Math.min(seen.get('sound') ?? 0, seen.get('not') ?? 0)).toBeGreaterThan(50);
});

test('without the keys of the server nobody is signed in, and a renewal keeps tokens of the same user only', async () => {
  await holds(
    fc.asyncProperty(header, idTokenClaims, signer, async (head, claims, by) => {
      const answer = answerWith(await jwtOf(head, claims, by));
      expect((await judged(environment('away'), answer)).kind).not.toBe('tokens');
      const renewal = await judged(environment('away'), answer, 200, 'refresh_token');
      if (renewal.kind === 'tokens') {
        expect(claims).toMatchObject({ iss: issuer, sub: subject });
        expect(isForUs(claims)).toBe(true);
        expect(head.alg).toBe('ES256');
        expect(renewal.tokens).not.toHaveProperty('idToken');
        expect(renewal.tokens).not.toHaveProperty('claims');
      } else {
        expect(renewal.kind).toBe('untrusted');
      }
    }),
    { numRuns: 300 },
  );
});

const bodies = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '',
    '[]',
    '{}',
    'null',
    '<html></html>',
    '{"access_token":"cut o',
    '[{"access_token":"a"}]',
  ),
  fc
    .record(
      {
        access_token: mostly(accessToken, '', 'two words', '\u0000', 'ü'),
        token_type: mostly('DPoP', 'dpop', 'Bearer', 'mac'),
        expires_in: mostly(300, '300', -1),
        refresh_token: mostly('the-refresh-token', ''),
        scope: mostly('openid', ['openid']),
        id_token: mostly(undefined, 'a.b.c', 'e30.e30.'),
        error: mostly(undefined, 'invalid_grant'),
      },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body)),
);

/** RFC 6749 section 5.1 and appendix A.12, as far as they tell a token response from anything else. */
function isTokenResponse(text: string): boolean {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
    const { access_token: token } = body as { access_token?: unknown };
    return typeof token === 'string' && /^[!-~]+$/.test(token);
  } catch {
    return false;
  }
}

test('only a token response is untrusted; a status that decides nothing is not one, and nothing is thrown', async () => {
  const there = environment();
  const statuses = fc.constantFrom(200, 200, 200, 204, 302, 400, 401, 403, 404, 408, 429, 500, 503);
  await holds(
    fc.asyncProperty(bodies, statuses, fc.boolean(), async (text, status, isSignIn) => {
      const grant = isSignIn ? 'authorization_code' : 'refresh_token';
      const outcome = await judged(there, text, status, grant);
      const is = status === 200 && isTokenResponse(text);
      expect(['tokens', 'untrusted'].includes(outcome.kind)).toBe(is);
      if (outcome.kind === 'tokens') {
        expect(JSON.parse(text)).toMatchObject({ token_type: expect.stringMatching(/^dpop$/i) });
      }
      if (status === 429 || status >= 500) expect(outcome.kind).toBe('unavailable');
    }),
    { numRuns: 1_000 },
  );
  expect(there.logged).not.toContain('login.untrusted');
});

test('whatever answers a renewal, the call has an answer of the contract, and only a verdict ends the session', async () => {
  let next = { text: '', status: 200 };
  const world = await proxyWorld({
    token: () =>
      new Response(next.status === 204 ? null : next.text, {
        status: next.status,
        headers: { 'content-type': 'text/html' },
      }),
  });
  const over = { token: 't', expiresAt: 0, renewAt: 0 };
  const statuses = fc.constantFrom(200, 200, 204, 302, 400, 401, 403, 404, 429, 500, 503);
  await holds(
    fc.asyncProperty(bodies, statuses, async (text, status) => {
      next = { text, status };
      const ada = await world.signIn({ access: { '': over } });
      const answer = await world.call(ada, '/bff/api/v1/users');
      const isAlive = (await world.sessions.read(ada.id)) !== undefined;
      const code = answer.code ?? String(answer.status);
      expect(['200', 'refresh_unavailable', 'session_expired']).toContain(code);
      expect(code === 'session_expired').toBe(!isAlive);
      const isGrantOver =
        ![200, 429].includes(status) && status < 500 && /"invalid_grant"/.test(text);
      if (!isAlive) expect(isGrantOver || (status === 200 && isTokenResponse(text))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

const event = 'http://schemas.openid.net/event/backchannel-logout';
const logoutClaims = fc.record({
  iss: mostly(issuer, `${issuer}/`),
  aud: mostly(clientId, 'another', [clientId], [clientId, 'another']),
  sub: mostly(subject, ''),
  sid: mostly(undefined, 'the-sid'),
  exp: mostly(now + 300, now - 300),
  iat: mostly(now, now - day, now + day),
  jti: mostly('unique', ''),
  nonce: mostly(undefined, nonce),
  events: mostly({ [event]: {} }, { [event]: 1 }, { other: {} }, [event]),
});

const isSoundLogout = (head: Header, claims: Claims) =>
  [undefined, 'jwt', 'logout+jwt', 'application/logout+jwt'].includes(
    typeof head.typ === 'string' ? head.typ.toLowerCase() : (head.typ as undefined),
  ) &&
  claims.iss === issuer &&
  [claims.aud].flat().includes(clientId) &&
  isNumber(claims.exp) &&
  claims.exp > now - 30 &&
  isNumber(claims.iat) &&
  claims.iat >= now - 630 &&
  claims.iat <= now + 30 &&
  typeof claims.jti === 'string' &&
  claims.jti !== '' &&
  claims.nonce === undefined &&
  typeof claims.events === 'object' &&
  claims.events !== null &&
  typeof (claims.events as Claims)[event] === 'object' &&
  (typeof claims.sid === 'string' || typeof claims.sub === 'string');

test('a logout token ends sessions if, and only if, it is sound; each other one is refused with a reason', async () => {
  const [there, seen] = [environment(), new Map<string, number>()];
  let tokens = 0;
  await holds(
    fc.asyncProperty(header, logoutClaims, signer, async (head, claims, by) => {
      tokens += 1;
      const { jti } = claims;
      const unique = { ...claims, jti: jti === 'unique' ? `${jti} ${tokens}` : jti };
      const repeated = typeof jti === 'string' && jti !== 'unique';
      there.ended.length = 0;
      there.logged.length = 0;
      const taken = await backChannelLogout(there.request, await jwtOf(head, unique, by));
      const sound = isSoundlySigned(head, by) && isSoundLogout(head, unique);
      if (!repeated) expect(taken).toBe(sound);
      if (!sound) expect(taken).toBe(false);
      expect(there.ended.length > 0).toBe(taken);
      expect(there.logged.includes('logout_token.refused')).toBe(!taken);
      tally(seen, sound ? 'sound' : 'not');
    }),
    { numRuns: 800 },
  );
  expect(Math.min(seen.get('sound') ?? 0, seen.get('not') ?? 0)).toBeGreaterThan(50);
});

test('text that is no JWT at all is refused as a logout token, and nothing is thrown', async () => {
  const there = environment();
  await holds(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.array(fc.base64String(), { maxLength: 6 }).map((parts) => parts.join('.')),
      ),
      async (text) => {
        expect(await backChannelLogout(there.request, text)).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
  expect(there.ended).toEqual([]);
});
