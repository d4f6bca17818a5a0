// Okta's Universal Logout: Global Token Revocation, as Okta sends it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logoutRequest } from '#infra/local/okta/index.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ port: 0, oktaPort: 0, lambdaPort: 0 });
});
afterAll(() => system?.close());

const okta = () => system.okta as NonNullable<System['okta']>;
const url = () => `${system.url}/bff/global-token-revocation`;
const theRequest = (more: object = {}) => ({
  url: url(),
  clientId: system.config.clientId,
  user: 'ada',
  ...more,
});

async function signedIn(user = 'ada'): Promise<Visitor> {
  const visit = visitor(system.url);
  await visit.signIn(user);
  return visit;
}

const isSignedIn = async (visit: Visitor) =>
  (await visit.fetch('/bff/session')).json<{ authenticated: boolean }>().authenticated;

describe('Universal Logout ends every session of the user, and of nobody else', () => {
  test.each(['email', 'iss_sub', 'opaque'] as const)('named by %s', async (format) => {
    const [one, two, grace] = [await signedIn(), await signedIn(), await signedIn('grace')];
    expect(await okta().universalLogout(theRequest({ format }))).toBe(204);
    expect([await isSignedIn(one), await isSignedIn(two)]).toEqual([false, false]);
    expect(await isSignedIn(grace)).toBe(true);
  });

  test('without asking Okta to revoke anything: Okta did that itself, and our tokens went with the sessions', async () => {
    const ada = await signedIn();
    const asked = () =>
      okta()
        .events.list()
        .filter(({ kind }) => kind === 'revoke').length;
    const before = asked();
    expect(await okta().universalLogout(theRequest())).toBe(204);
    expect(asked()).toBe(before);
    expect((await ada.fetch('/bff/api/v1/users/me')).status).toBe(401);
  });

  test('and a sign-in that began before cannot be finished, while one that begins after can', async () => {
    const early = visitor(system.url);
    const page = await early.navigate('/bff/login');
    await signedIn();
    expect(await okta().universalLogout(theRequest())).toBe(204);
    const end = await early.navigate(page.url.href, {
      from: okta().issuer,
      form: { sample: 'ada' },
    });
    expect(end.url.searchParams.get('login_error')).toBe('login_failed');
    expect(await isSignedIn(early)).toBe(false);
    expect(await isSignedIn(await signedIn())).toBe(true);
  });

  test('whatever the case of the letters in the e-mail address', async () => {
    const ada = await signedIn();
    const { bearer } = await logoutRequest(okta().servers.org, theRequest());
    const body = { sub_id: { format: 'email', email: ' ADA@Example.COM' } };
    expect(await sent(bearer, JSON.stringify(body))).toBe(204);
    expect(await isSignedIn(ada)).toBe(false);
  });
});

describe('a Universal Logout bearer token', () => {
  const changed = async (claims: object, header: object = {}) => {
    const { bearer, body } = await logoutRequest(
      okta().servers.org,
      theRequest({ changeClaims: claims, changeHeader: header }),
    );
    return sent(bearer, JSON.stringify(body));
  };
  const now = () => Math.floor(Date.now() / 1000);

  test.each<[string, number, Record<string, unknown>, Record<string, unknown>?]>([
    ['of another tenant', 403, { iss: 'https://other.okta.example' }],
    ['whose sub is the user, not the client', 401, { sub: '00u1adalovelace0local' }],
    ['for another endpoint', 401, { aud: 'https://app.example/bff/global-token-revocation' }],
    ['that is over', 401, { exp: now() - 600 }],
    ['that is not valid yet', 401, { nbf: now() + 600 }],
    ['without jti', 401, { jti: '' }],
    ['of another type: an ID token', 401, {}, { typ: 'JWT' }],
    ['of another type: a logout token', 401, {}, { typ: 'logout+jwt' }],
    ['of a key that nobody publishes', 401, {}, { kid: 'nobody-knows' }],
  ])('%s is answered %i, and nobody is signed out', async (_name, status, claims, header) => {
    const ada = await signedIn();
    expect(await changed(claims, header)).toBe(status);
    expect(await isSignedIn(ada)).toBe(true);
  });

  test('that is missing, or none of ours, is answered 401', async () => {
    const body = JSON.stringify({ sub_id: { format: 'email', email: 'ada@example.com' } });
    expect(await sent(undefined, body)).toBe(401);
    expect(await sent('not.a.jwt', body)).toBe(401);
  });

  test.each(['UpdateItem', 'Query', 'DeleteItem'])(
    'that the table fails on (%s) may be tried again, until it has done its work',
    async (operation) => {
      const ada = await signedIn();
      const { bearer, body } = await logoutRequest(okta().servers.org, theRequest());
      const faults = (system.dynamodb as NonNullable<System['dynamodb']>).faults;
      faults.fault = (call) =>
        call.operation === operation ? { error: 'InternalServerError', status: 500 } : undefined;
      expect(await sent(bearer, JSON.stringify(body))).toBe(503);
      faults.reset();
      expect(await isSignedIn(ada)).toBe(true);
      expect(await sent(bearer, JSON.stringify(body))).toBe(204);
      expect(await isSignedIn(ada)).toBe(false);
      expect(await sent(bearer, JSON.stringify(body))).toBe(401);
    },
  );

  test('counts once', async () => {
    await signedIn();
    const { bearer, body } = await logoutRequest(okta().servers.org, theRequest());
    expect(await sent(bearer, JSON.stringify(body))).toBe(204);
    await signedIn();
    expect(await sent(bearer, JSON.stringify(body))).toBe(401);
  });
});

describe('the body of a Universal Logout request', () => {
  test.each([
    ['nobody that we know', 404, { sub_id: { format: 'email', email: 'nobody@example.com' } }],
    [
      'a user of another issuer',
      404,
      { sub_id: { format: 'iss_sub', iss: 'https://x', sub: 'y' } },
    ],
    ['an unknown format', 400, { sub_id: { format: 'phone_number', phone_number: '+1' } }],
    ['a format without its member', 400, { sub_id: { format: 'email' } }],
    ['no subject', 400, {}],
    ['a subject that is text', 400, { sub_id: 'ada@example.com' }],
    ['a list', 400, []],
  ])('with %s is answered %i', async (_name, status, body) => {
    const { bearer } = await logoutRequest(okta().servers.org, theRequest());
    expect(await sent(bearer, JSON.stringify(body))).toBe(status);
  });

  test('that is not JSON is answered 400', async () => {
    const { bearer } = await logoutRequest(okta().servers.org, theRequest());
    expect(await sent(bearer, 'sub_id=x')).toBe(400);
  });
});

async function sent(bearer: string | undefined, body: string): Promise<number> {
  const answer = await visitor(system.url).send('/bff/global-token-revocation', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer && { authorization: `Bearer ${bearer}` }),
    },
    body,
  });
  return answer.status;
}
