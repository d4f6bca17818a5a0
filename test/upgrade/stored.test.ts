// What released versions stored is served by today's code: sessions, a sign-in under way, sign-out marks, the ring of
// keys. Each stored-<version>.json was written by that version itself (record.ts); time stands still when it was.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { sdkKms } from '#adapters/aws/kms.ts';
import { httpClient } from '#adapters/http/client.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { keyRing, ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { transactionStore } from '#adapters/table/sign-ins.ts';
import type { Broker } from '#core/broker.ts';
import { nonceCache } from '#core/dpop/nonces.ts';
import { proxyEnvironment } from '#core/proxy/environment.ts';
import { emailHash, subjectHash } from '#core/session/lookup-hashes.ts';
import { openSession } from '#core/session/session.ts';
import { finishSignIn } from '#core/sign-in/callback.ts';
import { signOut } from '#core/sign-out/by-user.ts';
import { apiCalls } from '#http/api-calls.ts';
import { setSessionCookie } from '#http/cookies.ts';
import { contextOf } from '#http/in-time.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { ensureTable } from '#infra/local/aws/table.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { serve } from '#test/support/loopback.ts';
import { requestOn, theRequest } from '#test/support/requests.ts';
import { aConfig } from '#test/support/routes.ts';
import { itemOf, type Recorded } from './recorded.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const folder = new URL('.', import.meta.url);
const files = (await readdir(folder)).filter((name) => /^stored-.*\.json$/.test(name));
const all: Recorded[] = await Promise.all(
  files.map(async (file) => JSON.parse(await readFile(new URL(file, folder), 'utf8'))),
);

describe.each(all)('what $version stored', (stored) => {
  let world: Awaited<ReturnType<typeof restored>>;
  beforeAll(async () => {
    world = await restored(stored);
  });
  afterAll(() => world?.close());

  test('a session is opened by its cookie, and a call goes out with a proof of its own key', async () => {
    const { broker, arrived, call } = world;
    const session = await openSession(broker, stored.session);
    expect(session?.content.claims).toMatchObject({ email: 'ada@example.com' });
    expect((await call(stored.session)).status).toBe(200);
    const { authorization = '', dpop = '' } = arrived.at(-1)?.headers ?? {};
    const [scheme, token = ''] = authorization.split(' ');
    const { payload, protectedHeader } = await jwtVerify(String(dpop), EmbeddedJWK, {
      typ: 'dpop+jwt',
      currentDate: new Date(stored.at * 1000),
    });
    expect(scheme).toBe('DPoP');
    expect(await calculateJwkThumbprint(protectedHeader.jwk ?? {})).toBe(session?.record.key.jkt);
    expect(payload.ath).toBe(createHash('sha256').update(token).digest('base64url'));
  });

  test('a session is renewed with the refresh token that it has, and goes on', async () => {
    const { broker, renewals, refuse, call, arrived } = world;
    const before = await openSession(broker, stored.session);
    refuse();
    expect((await call(stored.session)).status).toBe(200);
    expect(renewals.map((form) => form.get('refresh_token'))).toEqual([
      before?.content.refreshToken,
    ]);
    expect(arrived.at(-1)?.headers.authorization).toBe('DPoP renewed');
    expect((await openSession(broker, stored.session))?.content.refreshToken).toBe('next');
  });

  test('a session is found by its user', async () => {
    const { broker } = world;
    const session = await openSession(broker, stored.session);
    const subject = subjectHash(stored.issuer, session?.content.subject ?? '');
    const found: string[] = [];
    for await (const id of broker.sessions.find('subject', subject)) found.push(id);
    expect(found).toEqual([session?.record.id]);
  });

  test('who was signed out stays so, and what they began before does not count', async () => {
    const { broker } = world;
    expect(await openSession(broker, stored.signedOut)).toBeUndefined();
    const hash = emailHash(stored.issuer, 'grace@example.com');
    expect(await broker.marks.signedOutBefore([hash])).toBeGreaterThanOrEqual(stored.at);
  });

  test('a rotation has happened: sign-ins use the newest key, and the one before still signs', async () => {
    const { broker } = world;
    const dpop = stored.keys.filter(({ arn }) => arn !== world.assertion).map(({ arn }) => arn);
    expect(await broker.keyRing.active('dpop')).toBe(dpop.at(-1));
    const session = await openSession(broker, stored.session);
    expect(session?.record.key.id).toBe(dpop[0]);
  });

  test('a sign-in under way comes back to where it began, once', async () => {
    const { broker } = world;
    const { state, cookie } = stored.login;
    const answer = new URLSearchParams({ error: 'access_denied', state, iss: stored.issuer });
    const arrive = () => finishSignIn(requestOn(broker), answer, () => cookie);
    expect(await arrive()).toMatchObject({
      kind: 'failed',
      location: '/orders?login_error=access_denied',
    });
    expect((await arrive()).kind).toBe('unknown');
  });

  test('signing out ends the session', async () => {
    const { broker } = world;
    expect(await openSession(broker, stored.session)).toBeDefined();
    await signOut(requestOn(broker), stored.session);
    expect(await openSession(broker, stored.session)).toBeUndefined();
  });
});

/** The table and the keys as they were, and an environment of today over them. */
async function restored(stored: Recorded) {
  const folder = await mkdtemp(join(tmpdir(), 'bff-stored-'));
  const path = join(folder, 'keys.json');
  await writeFile(path, JSON.stringify({ keys: stored.keys, aliases: [] }), { mode: 0o600 });
  const [dynamodb, kms] = await Promise.all([startDynamodb(), startKms({ path })]);
  const client = new DynamoDBClient({ region, credentials, endpoint: dynamodb.url });
  const keyClient = new KMSClient({ region, credentials, endpoint: kms.url });
  await ensureTable(client, stored.table);
  for (const item of stored.items) {
    await client.send(new PutItemCommand({ TableName: stored.table, Item: itemOf(item) }));
  }

  const arrived: { headers: IncomingHttpHeaders }[] = [];
  let refusals = 0;
  const closing: (() => Promise<void>)[] = [];
  const upstream = await serve(
    (request, response) => {
      arrived.push({ headers: request.headers });
      const refused = refusals-- > 0;
      if (refused) response.setHeader('www-authenticate', 'DPoP error="invalid_token"');
      response.writeHead(refused ? 401 : 200, { 'content-type': 'application/json' }).end('{}');
    },
    (close) => closing.push(close),
  );

  const assertion = stored.keys.find(({ tags }) =>
    tags.some(({ TagKey, TagValue }) => TagKey === 'bff-use' && TagValue === 'assertion'),
  )?.arn;
  const clock = { now: () => stored.at * 1000 + 60_000 };
  const table = { name: stored.table, clock };
  const firstKeys = { dpop: stored.keys[0]?.arn ?? '', assertion: assertion ?? '' };
  const renewals: URLSearchParams[] = [];
  const config = aConfig({
    issuer: stored.issuer,
    publicOrigin: stored.origin,
    routes: [{ path: '/bff/api/v1/*', upstream: `${upstream.origin}/api/v1` }],
  });
  const broker = {
    config,
    issuer: {
      metadata: async () => ({
        issuer: stored.issuer,
        token_endpoint: `${stored.issuer}/oauth2/v1/token`,
      }),
    },
    signer: kmsSigner(sdkKms(keyClient)),
    keyRing: keyRing(ringStore(sdkDynamodb(client), { ...table, firstKeys }), clock),
    sessions: sessionStore(sdkDynamodb(client), table),
    transactions: transactionStore(sdkDynamodb(client), table),
    marks: markStore(sdkDynamodb(client), table),
    nonces: nonceCache(),
    clientSecret: async () => '',
    async fetch(request: Request) {
      renewals.push(new URLSearchParams(await request.text()));
      return Response.json({
        access_token: 'renewed',
        refresh_token: 'next',
        token_type: 'DPoP',
        expires_in: 3600,
      });
    },
    clock,
    learned: {},
    random: (size: number) => randomBytes(size),
  } as unknown as Broker;
  const http = httpClient();
  const env = proxyEnvironment(broker, { send: http.send });

  return {
    broker,
    arrived,
    renewals,
    assertion,
    /** The API refuses the token of the next call. */
    refuse: () => {
      refusals = 1;
    },
    call: (secret: string) =>
      apiCalls(
        contextOf(env, () => {}, 29_000),
        theRequest({
          path: '/bff/api/v1/users',
          cookies: [setSessionCookie(secret).split(';')[0] ?? ''],
          headers: { 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' },
        }),
      ),
    async close() {
      client.destroy();
      keyClient.destroy();
      await http.close();
      await Promise.all([dynamodb.close(), kms.close(), ...closing.map((close) => close())]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
