// Okta ends a session here: back-channel and front-channel logout, without any cookie.
import { createHash } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import {
  type Claims,
  sendLogoutToken,
  logoutToken as tokenOf,
} from '#test/support/logout-token.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ port: 0, oktaPort: 0, lambdaPort: 0 });
});
afterAll(() => system?.close());

const sessionName = '__Host-Http-bff';
const event = 'http://schemas.openid.net/event/backchannel-logout';
const okta = () => system.okta as NonNullable<System['okta']>;

async function signedIn(user = 'ada'): Promise<Visitor> {
  const visit = visitor(system.url);
  await visit.signIn(user);
  return visit;
}

/** What the table holds of the session. */
async function rowsOf(cookie: string): Promise<unknown[]> {
  const client = new DynamoDBClient({
    region,
    endpoint: system.dynamodb?.url ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  onTestFinished(() => client.destroy());
  const id = createHash('sha256').update(cookie).digest('base64url');
  const { Items = [] } = await client.send(new ScanCommand({ TableName: system.table }));
  return Items.filter(({ pk }) => pk?.S?.endsWith(id));
}

const isSignedIn = async (visit: Visitor) =>
  (await visit.fetch('/bff/session')).json<{ authenticated: boolean }>().authenticated;

/**
 * Somebody signed in, and the `sub` and `sid` of their session at Okta: a second sign-in of the same browser has the
 * same, and its ID token shows when it signs out.
 */
async function known(user = 'ada'): Promise<{ visit: Visitor; sub: string; sid: string }> {
  const visit = await signedIn(user);
  const cookie = visit.cookie(sessionName) ?? '';
  visit.forget(sessionName);
  await visit.navigate('/bff/login');
  const end = await visit.navigate('/bff/logout', { form: {}, until: () => true });
  const hint = new URL(end.headers.location ?? '').searchParams.get('id_token_hint') ?? '';
  visit.plant(sessionName, cookie);
  const { sub = '', sid } = decodeJwt(hint);
  return { visit, sub, sid: String(sid) };
}

const logoutToken = (claims: Claims, header?: Claims) => tokenOf(system, claims, header);

const post = (body: string, type = 'application/x-www-form-urlencoded') =>
  visitor(system.url).send('/bff/backchannel-logout', {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
const send = (token: string) => sendLogoutToken(system, token);

describe('back-channel logout', () => {
  test('ends the session of the sid, and no other of the user', async () => {
    const { visit, sub, sid } = await known();
    const other = await signedIn();
    const answer = await send(await logoutToken({ sub, sid }));
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect([await isSignedIn(visit), await isSignedIn(other)]).toEqual([false, true]);
  });

  test('without a sid ends every session of the user, and a sign-in that is under way', async () => {
    const { visit: one, sub } = await known();
    const [two, grace] = [await signedIn(), await signedIn('grace')];
    const onItsWay = visitor(system.url);
    const page = await onItsWay.navigate('/bff/login');
    expect((await send(await logoutToken({ sub }))).status).toBe(200);
    expect(await isSignedIn(one)).toBe(false);
    expect(await isSignedIn(two)).toBe(false);
    expect(await isSignedIn(grace)).toBe(true);
    const end = await onItsWay.navigate(page.url.href, {
      from: okta().issuer,
      form: { sample: 'ada' },
    });
    expect(end.url.searchParams.get('login_error')).toBe('login_failed');
    expect(await isSignedIn(onItsWay)).toBe(false);
    expect(await isSignedIn(await signedIn())).toBe(true);
  });

  test('drops the refresh token with the session without revoking it: it was sealed for the browser alone', async () => {
    const { visit, sub, sid } = await known();
    const cookie = visit.cookie(sessionName) ?? '';
    const revoked = () =>
      okta()
        .events.list()
        .filter(({ kind }) => kind === 'revoke').length;
    const before = revoked();
    expect((await send(await logoutToken({ sub, sid }))).status).toBe(200);
    expect(revoked()).toBe(before);
    const refused = await visit.fetch('/bff/api/v1/users/me');
    expect([refused.status, refused.json()]).toMatchObject([401, { code: 'session_expired' }]);
    expect(await rowsOf(cookie)).toEqual([]);
  });

  test.each([
    ['no typ', { typ: undefined }],
    ['the typ of any JWT', { typ: 'JWT' }],
    ['its typ in full', { typ: 'application/logout+jwt' }],
  ])('takes a token with %s: a typ is only recommended', async (_name, header) => {
    const { visit, sid } = await known();
    expect((await send(await logoutToken({ sid }, header))).status).toBe(200);
    expect(await isSignedIn(visit)).toBe(false);
  });

  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['from another issuer', { iss: 'https://evil.example' }],
    ['for another client', { aud: 'another' }],
    ['expired', { exp: now() - 600 }],
    ['without exp', { exp: undefined }],
    ['without iat', { iat: undefined }],
    ['issued long ago', { iat: now() - 7200 }],
    ['without jti', { jti: undefined }],
    ['with a nonce: an ID token', { nonce: 'n' }],
    ['without events', { events: undefined }],
    ['with another event', { events: { 'http://example.com/other': {} } }],
    ['with an event that is no object', { events: { [event]: 'yes' } }],
    ['without sub and sid', { sub: undefined, sid: undefined }],
    ['of another type', {}, { typ: 'global-token-revocation+jwt' }],
    ['an access token', {}, { typ: 'at+jwt' }],
    ['signed with an unknown key', {}, { kid: 'nobody-knows' }],
  ])('refuses a token %s', async (_name, claims, header) => {
    const ada = await signedIn();
    const answer = await send(
      await logoutToken({ sub: '00u1adalovelace0local', ...claims }, header),
    );
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ error: 'invalid_request' });
    expect(await isSignedIn(ada)).toBe(true);
  });

  test('refuses the same token a second time', async () => {
    const token = await logoutToken({ sub: 'nobody' });
    expect((await send(token)).status).toBe(200);
    expect((await send(token)).status).toBe(400);
  });

  test('takes a token again when the table failed on it, until the token has done its work', async () => {
    const { visit, sub, sid } = await known();
    const token = await logoutToken({ sub, sid });
    const faults = (system.dynamodb as NonNullable<System['dynamodb']>).faults;
    faults.fault = ({ operation }) =>
      operation === 'DeleteItem' ? { error: 'InternalServerError', status: 500 } : undefined;
    expect((await send(token)).status).toBe(503);
    faults.reset();
    expect(await isSignedIn(visit)).toBe(true);
    expect((await send(token)).status).toBe(200);
    expect(await isSignedIn(visit)).toBe(false);
    expect((await send(token)).status).toBe(400);
  });

  test.each([
    ['no body', '', 'application/x-www-form-urlencoded'],
    ['two tokens', 'logout_token=a&logout_token=b', 'application/x-www-form-urlencoded'],
    ['JSON', '{"logout_token":"a"}', 'application/json'],
    ['not a JWT', 'logout_token=a.b', 'application/x-www-form-urlencoded'],
  ])('refuses %s', async (_name, body, type) => {
    expect((await post(body, type)).status).toBe(400);
  });

  test('accepts no other method', async () => {
    expect((await visitor(system.url).send('/bff/backchannel-logout')).status).toBe(405);
  });
});

describe('front-channel logout', () => {
  test('ends the session of iss and sid without a cookie, in a frame of the issuer only', async () => {
    const iss = okta().issuer;
    for (const how of ['GET', 'POST'] as const) {
      const { visit, sid } = await known();
      const parameters = new URLSearchParams({ iss, sid }).toString();
      const frame = visitor(system.url);
      const answer =
        how === 'GET'
          ? await frame.send(`/bff/frontchannel-logout?${parameters}`)
          : await frame.send('/bff/frontchannel-logout', {
              method: 'POST',
              headers: { 'content-type': 'application/x-www-form-urlencoded' },
              body: parameters,
            });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-security-policy']).toContain(`frame-ancestors ${iss}`);
      expect(await isSignedIn(visit)).toBe(false);
    }
  });

  test.each([
    'iss=https%3A%2F%2Fevil.example&sid=s',
    'sid=s',
    'iss=ISSUER',
    'iss=ISSUER&sid=a&sid=b',
    'iss=ISSUER&iss=ISSUER&sid=a',
  ])('refuses %s', async (query) => {
    const asked = query.replaceAll('ISSUER', encodeURIComponent(okta().issuer));
    const answer = await visitor(system.url).send(`/bff/frontchannel-logout?${asked}`);
    expect(answer.status).toBe(400);
  });
});
