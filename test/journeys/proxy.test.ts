// Proxied calls as a page makes them: through the gateway, the bundled functions, the table and the keys, to APIs that
// judge every proof with a library that we did not write.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ResourceServer, startResourceServer } from '#infra/local/okta/index.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { disableByBreakingGlass } from '#test/support/break-glass.ts';
import { secretsOfThisProcess, tokenLike } from '#test/support/secrets.ts';
import { type Answer, type Visitor, visitor } from '#test/support/visitor.ts';

const tapped = secretsOfThisProcess();

let system: System;
let own: ResourceServer;
const every = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

beforeAll(async () => {
  system = await startSystem({ port: 0, oktaPort: 0, lambdaPort: 0 });
  own = await startResourceServer({ okta: okta(), port: 0 });
  const issuer = okta().issuer;
  await system.redeploy({
    scopes: [...system.config.scopes, 'okta.myAccount.profile.read', 'orders.read'],
    routes: [
      {
        path: '/bff/api/v1/*',
        upstream: `${issuer}/api/v1`,
        methods: ['GET', 'POST'],
        rewriteLinks: true,
      },
      { path: '/bff/api/userinfo', upstream: `${issuer}/oauth2/v1/userinfo` },
      { path: '/bff/api/okta/*', upstream: issuer, wholeHost: true, methods: [...every] },
      {
        path: '/bff/api/own/*',
        upstream: own.origin,
        wholeHost: true,
        resource: own.origin,
        methods: [...every],
      },
    ],
  });
});
afterAll(async () => {
  await own?.close();
  await system?.close();
  tapped.stop();
});
beforeEach(() => {
  okta().faults.clear();
  kms().faults.reset();
});

const okta = () => part(system.okta);
const kms = () => part(system.kms);
const dynamodb = () => part(system.dynamodb);
const someone = () => visitor(system.url);
const signedIn = async (user = 'ada') => {
  const visit = someone();
  await visit.signIn(user);
  return visit;
};
const codeOf = (answer: Answer) => answer.json<{ code: string }>().code;

/** How often each server is asked while something happens. */
async function asked(what: () => Promise<unknown>) {
  const counts = () => ({
    signatures: kms().calls.count('Sign'),
    reads: dynamodb().calls.count('Query') + dynamodb().calls.count('GetItem'),
    writes: dynamodb().calls.count('UpdateItem') + dynamodb().calls.count('PutItem'),
  });
  const before = counts();
  await what();
  const after = counts();
  return {
    signatures: after.signatures - before.signatures,
    reads: after.reads - before.reads,
    writes: after.writes - before.writes,
  };
}

test('the user list is read page by page with nothing but what the broker returned', async () => {
  const ada = await signedIn();
  let next: string | undefined = '/bff/api/v1/users?limit=5';
  const names = new Set<string>();
  let pages = 0;
  while (next) {
    const answer: Answer = await ada.fetch(next);
    expect(answer.status).toBe(200);
    expect(`${answer.text}${JSON.stringify(answer.headers)}`).not.toContain(okta().issuer);
    for (const { profile } of answer.json<{ profile: { login: string } }[]>())
      names.add(profile.login);
    next = /<([^>]*)>; rel="next"/.exec(String(answer.headers.link))?.[1];
    pages += 1;
  }
  expect(pages).toBeGreaterThan(2);
  expect(names.size).toBe(okta().directory.users.length);
  const [first] = okta()
    .events.list()
    .filter(({ kind }) => kind === 'api');
  expect(first).toMatchObject({ scheme: 'DPoP', status: 200 });
});

test('userinfo is the only path of /oauth2 that is open', async () => {
  const ada = await signedIn();
  expect((await ada.fetch('/bff/api/userinfo')).json()).toMatchObject({ name: 'Ada Lovelace' });
  const before = okta().events.list().length;
  for (const path of ['oauth2/v1/token', 'oauth2/v1/keys', 'api/v1/sessions/me', 'api/v1/authn']) {
    const answer = await ada.fetch(`/bff/api/okta/${path}`, { method: 'POST' });
    expect([answer.status, codeOf(answer)]).toEqual([404, 'no_route']);
  }
  expect(okta().events.list()).toHaveLength(before);
});

test('Okta’s own refusal is passed on unchanged', async () => {
  const grace = await signedIn('grace');
  const answer = await grace.fetch('/bff/api/v1/users');
  expect([answer.status, answer.json()]).toEqual([
    403,
    {
      errorCode: 'E0000006',
      errorSummary: expect.any(String),
      errorLink: 'E0000006',
      errorId: expect.any(String),
      errorCauses: [],
    },
  ]);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
  });
  expect((await grace.fetch('/bff/api/v1/users/me')).status).toBe(200);
});

test('a warm call costs one signature, one read and no write', async () => {
  const ada = await signedIn();
  await ada.fetch('/bff/api/v1/users/me');
  const counts = await asked(async () => {
    for (let i = 0; i < 10; i += 1) {
      expect((await ada.fetch('/bff/api/v1/users/me')).status).toBe(200);
    }
  });
  expect(counts).toEqual({ signatures: 10, reads: 10, writes: 0 });
});

test('every answer is for this browser only and carries none of Okta’s cookies', async () => {
  const ada = await signedIn();
  // The first call after a sign-in clears a cookie of ours.
  await ada.fetch('/bff/api/v1/users/me');
  okta().faults.set('api', 'cookies');
  const answer = await ada.fetch('/bff/api/v1/users/me');
  expect(answer.cookies).toEqual([]);
  expect(answer.headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    vary: 'Cookie',
  });
  for (const name of ['clear-site-data', 'access-control-allow-origin', 'dpop-nonce', 'server']) {
    expect(answer.headers, name).not.toHaveProperty(name);
  }
});

describe('recovery', () => {
  /** The statuses that the API gave, in turn, each to a proof of its own. */
  const apiGave = async (statuses: number[], what: () => Promise<Answer>): Promise<Answer> => {
    const before = okta().events.list().at(-1)?.id ?? 0;
    const answer = await what();
    // The stand-in notes a call after it has answered.
    await vi.waitFor(() => {
      const calls = okta()
        .events.list()
        .filter(({ id, kind }) => id > before && kind === 'api');
      expect(calls.map(({ status }) => status)).toEqual(statuses);
      expect(new Set(calls.map(({ proof }) => proof?.claims.jti)).size).toBe(statuses.length);
    });
    return answer;
  };

  test.each([
    ['nonce_rfc', 200, [401, 200]],
    ['nonce_rotating', 200, [400, 200]],
    ['nonce_always', 400, [400, 400]],
  ])(
    'a nonce challenge of Okta’s API (%s) is answered once, with a new proof',
    async (fault, status, statuses) => {
      const ada = await signedIn();
      await system.redeploy({ routes: system.config.routes, scopes: system.config.scopes });
      okta().faults.set('api', fault);
      const me = () => ada.fetch('/bff/api/v1/users/me');
      const answer = await apiGave(statuses, me);
      expect(answer.status).toBe(status);
      expect(answer.headers).not.toHaveProperty('www-authenticate');
      await apiGave(status === 200 ? [200] : [400, 400], me);
    },
  );

  test('an API of one’s own gets a token of its own, and learns its nonce once', async () => {
    const ada = await signedIn();
    own.nonces.reset();
    const first = await apiGave([401, 200], () => ada.fetch('/bff/api/own/echo?x=1&x=2'));
    expect(first.json()).toMatchObject({ method: 'GET', path: '/echo', query: 'x=1&x=2' });
    await apiGave([200], () => ada.fetch('/bff/api/own/echo'));
    await apiGave([200], () => ada.fetch('/bff/api/v1/users/me'));
    expect((await ada.fetch('/bff/api/own/orders')).status).toBe(200);
  });

  test('a token that Okta refuses is renewed once, unseen by the page', async () => {
    const ada = await signedIn();
    okta().faults.set('api', { value: 'invalid_token', times: 1 });
    const me = () => ada.fetch('/bff/api/v1/users/me');
    expect((await apiGave([401, 200], me)).status).toBe(200);
    okta().faults.set('api', 'invalid_token');
    await apiGave([401, 401], me);
  });

  test('a connection that dies before any answer costs nobody anything', async () => {
    const ada = await signedIn();
    okta().faults.set('api', { value: 'drop_before', times: 1 });
    expect((await ada.fetch('/bff/api/v1/users/me')).status).toBe(200);
    okta().faults.set('resource', { value: 'drop_before', times: 1 });
    const post = await ada.fetch('/bff/api/own/mirror', { method: 'POST' });
    expect([post.status, codeOf(post)]).toEqual([502, 'upstream_unreachable']);
  });

  test('a redirect is not followed and leads nowhere', async () => {
    const ada = await signedIn();
    okta().faults.set('api', 'redirect');
    const answer = await apiGave([302], () => ada.fetch('/bff/api/v1/users/me'));
    expect([answer.status, answer.headers.location]).toEqual([302, undefined]);
  });

  test('a rate limit is passed on, with its headers and when to try again', async () => {
    const ada = await signedIn();
    okta().faults.set('api', 'rate_limited');
    const answer = await apiGave([429], () => ada.fetch('/bff/api/v1/users/me'));
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ 'x-rate-limit-remaining': '0' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('a body that the gateway takes for text', () => {
  const post = (ada: Visitor, type: string, body: Buffer) =>
    ada.fetch('/bff/api/own/mirror', { method: 'POST', headers: { 'content-type': type }, body });

  test('is refused when it is no UTF-8: nothing is signed, nothing sent', async () => {
    const ada = await signedIn();
    const latin1 = Buffer.from([0xfc, 0xff, 0xfe]);
    const before = okta().events.list().length;
    const costs = await asked(async () => {
      for (const type of ['text/plain; charset=iso-8859-1', 'application/json']) {
        const answer = await post(ada, type, latin1);
        expect([answer.status, answer.json()]).toEqual([
          400,
          expect.objectContaining({
            code: 'bad_request',
            detail: 'The body is not UTF-8: send it as application/octet-stream.',
          }),
        ]);
      }
    });
    expect(costs).toEqual({ signatures: 0, reads: 0, writes: 0 });
    expect(okta().events.list().length).toBe(before);
    expect((await post(ada, 'application/octet-stream', latin1)).status).toBe(200);
  });

  test('passes when it holds U+FFFD because it was sent so', async () => {
    const ada = await signedIn();
    const sent = '{"name":"\ufffd and ž"}';
    const answer = await post(ada, 'application/json', Buffer.from(sent));
    expect([answer.status, answer.body.toString()]).toEqual([200, expect.stringContaining(sent)]);
  });
});

describe('step-up', () => {
  test('a challenge names the sign-in that satisfies it, and after that sign-in the call works', async () => {
    const ada = await signedIn();
    const asked = await ada.fetch('/bff/api/okta/idp/myaccount/profile');
    const { code, login_url: login } = asked.json<{ code: string; login_url: string }>();
    expect([asked.status, code]).toEqual([401, 'step_up_required']);
    const before = ada.cookie('__Host-Http-bff');
    await ada.signIn('ada', {
      login: `${login}&return_to=/profile`,
      factor: { factor: 'code', code: '123456' },
    });
    expect(ada.cookie('__Host-Http-bff')).not.toBe(before);
    const answer = await ada.fetch('/bff/api/okta/idp/myaccount/profile');
    expect([answer.status, answer.json()]).toMatchObject([200, { profile: { firstName: 'Ada' } }]);
  });

  test('an API that is never satisfied ends the loop after two sign-ins', async () => {
    const ada = await signedIn();
    okta().faults.set('api', 'step_up_rfc9470');
    const urls: (string | undefined)[] = [];
    for (let i = 0; i < 4; i += 1) {
      const answer = await ada.fetch('/bff/api/v1/users/me');
      const { code, login_url: login } = answer.json<{ code: string; login_url?: string }>();
      expect([answer.status, code]).toEqual([401, 'step_up_required']);
      urls.push(login);
      if (!login) break;
      await ada.signIn('ada', { login, factor: { factor: 'code', code: '123456' } });
    }
    const url = '/bff/login?acr_values=urn%3Aokta%3Aloa%3A2fa%3Aany&max_age=300';
    expect(urls).toEqual([url, url, undefined]);
  });
});

describe('bytes', () => {
  const mirrored = async (visit: Visitor, body: Buffer, type: string, method = 'POST') => {
    const answer = await visit.fetch('/bff/api/own/mirror', {
      method,
      body,
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.body.equals(body), type).toBe(true);
  };

  test('bodies of every kind come back as they went', async () => {
    const ada = await signedIn();
    for (const [body, type] of [
      [randomBytes(5_000), 'application/octet-stream'],
      [Buffer.from('{"ž": 12345678901234567890, "😀": "\\u0000"}'), 'application/json'],
      [Buffer.from('\ufeffa;b\r\n'), 'text/csv; charset=utf-8'],
      [Buffer.from('a=1&a=2&b=&c=+%20'), 'application/x-www-form-urlencoded'],
      [
        Buffer.concat([Buffer.from('--x\r\n\r\n'), randomBytes(99)]),
        'multipart/form-data; boundary=x',
      ],
    ] as const) {
      await mirrored(ada, body, type);
    }
    await mirrored(ada, Buffer.from('x'), 'text/plain', 'PUT');
    await mirrored(ada, Buffer.from('x'), 'text/plain', 'PATCH');
    await mirrored(ada, Buffer.from('x'), 'text/plain', 'DELETE');
  });

  test('4.4 MB go up and come down, and a larger body is refused cleanly', async () => {
    const ada = await signedIn();
    await mirrored(ada, Buffer.alloc(4_400_000, randomBytes(99_991)), 'application/octet-stream');
    const up = await ada.fetch('/bff/api/own/mirror', {
      method: 'POST',
      body: Buffer.alloc(4_400_001),
    });
    expect([up.status, codeOf(up)]).toEqual([413, 'body_too_large']);
    const down = await ada.fetch('/bff/api/own/bytes?size=4400001');
    expect([down.status, codeOf(down)]).toEqual([502, 'response_too_large']);
  });

  test('a POST without a body does not end in a 411', async () => {
    const ada = await signedIn();
    const id = okta().directory.users[3]?.id;
    const path = `/bff/api/okta/api/v1/users/${id}/lifecycle/suspend`;
    const answer = await ada.fetch(path, { method: 'POST' });
    expect(answer.status).not.toBe(411);
  });

  test('validators go through: an unchanged answer is 304', async () => {
    const ada = await signedIn();
    const { etag } = (await ada.fetch('/bff/api/v1/users/me')).headers;
    expect(etag).toBeDefined();
    const again = await ada.fetch('/bff/api/v1/users/me', {
      headers: { 'if-none-match': String(etag) },
    });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test('HEAD has the header and no body', async () => {
    const ada = await signedIn();
    const answer = await ada.fetch('/bff/api/okta/api/v1/users/me', { method: 'HEAD' });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
    expect(answer.headers.etag).toBeDefined();
  });
});

describe('paths over the wire', () => {
  /** The request line exactly as given, with the headers of a page of ours. */
  const raw = (visit: Visitor, target: string, more: string[] = []) => {
    const { hostname, port, host } = new URL(system.url);
    const lines = [
      `GET ${target} HTTP/1.1`,
      `Host: ${host}`,
      'X-BFF-CSRF: 1',
      'Sec-Fetch-Site: same-origin',
      `Cookie: __Host-Http-bff=${visit.cookie('__Host-Http-bff')}`,
      ...more,
      'Connection: close',
    ];
    return new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`${lines.join('\r\n')}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  };
  const status = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

  const refused = [
    '/bff/api/own/../okta/oauth2/v1/token',
    '/bff/api/own/%2e%2e/okta/x',
    '/bff/api/own/.%2e/x',
    '/bff/api/own/%252e%252e/x',
    '/bff/api/own/..%2fx',
    '/bff/api/own/..%5cx',
    '/bff/api/own/%5c%5cevil.example',
    '/bff/api/own//evil.example/x',
    '/bff/api/own/%2fevil.example/x',
    '/bff/api/own/..;/x',
    '/bff/api/own/x%00.json',
    '/bff/api/own/x%09y',
    '/bff/api/own/x%0d%0aHost:%20evil.example',
    '/bff/api/own/%EF%BC%8E%EF%BC%8E/x',
    '/bff/api/own/%E2%80%A4%E2%80%A4/x',
    '/bff/api/own/a%EF%BC%8Fb',
    '/bff/api/own/%c0%ae%c0%ae/x',
    '/bff/api/own/%23/x',
    '/bff/api/own@evil.example/x',
    '/bff/api/own:80/x',
    '/bff/api/OWN/echo',
  ];

  test.each(refused)('%s is refused before any signature', async (target) => {
    const ada = await signedIn();
    const before = own.received.length;
    let answer = '';
    const counts = await asked(async () => {
      answer = await raw(ada, target);
    });
    expect(status(answer)).toBeGreaterThanOrEqual(400);
    expect(status(answer)).toBeLessThan(500);
    expect(counts.signatures).toBe(0);
    expect(own.received).toHaveLength(before);
  });

  test.each([
    ['/bff/api/own/echo/a%40b.example', '/echo/a@b.example'],
    ['/bff/api/own/echo/a%20b', '/echo/a%20b'],
    ["/bff/api/own/echo/it's", "/echo/it's"],
    ['/bff/api/own/echo/%C3%A9', '/echo/%C3%A9'],
    ['/bff/api/own/echo/%7Ex', '/echo/~x'],
    ['/bff/api/own/echo/a%2Fb', '/echo/a/b'],
    ['/bff/api/own/echo/', '/echo/'],
    ['/bff/api/own/echo/a;b=c', '/echo/a;b=c'],
    ['/bff/api/own/echo/100%25', '/echo/100%25'],
    ['/bff/api/own/echo/a+b', '/echo/a+b'],
  ])('%s is sent as %s, and htu says the same', async (target, path) => {
    const ada = await signedIn();
    const answer = await raw(ada, `${target}?q='a'&q=%2e%2e/&z`);
    expect(status(answer)).toBe(200);
    expect(own.received.at(-1)).toMatchObject({ path, query: "q='a'&q=%2e%2e/&z" });
    // The API has judged htu already; this says it once more.
    const { dpop } = part(own.received.at(-1)).headers;
    expect(decodeJwt(String(dpop)).htu).toBe(own.origin + path);
  });

  test('headers that claim another path, method, host or user change nothing', async () => {
    const ada = await signedIn();
    const answer = await raw(ada, '/bff/api/own/echo/x', [
      'X-Original-URL: /orders',
      'X-Rewrite-URL: /orders',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Prefix: /orders',
      'X-HTTP-Method-Override: DELETE',
      'Forwarded: host=evil.example',
      'X_Forwarded_For: 1.2.3.4',
      'X-User: root',
      'X-Amzn-Oidc-Identity: root',
      'Authorization: Bearer forged',
      'DPoP: forged',
      'If_Match: "1"',
    ]);
    expect(status(answer)).toBe(200);
    const { method, path, headers } = part(own.received.at(-1));
    expect([method, path]).toEqual(['GET', '/echo/x']);
    expect(
      Object.keys(headers).filter((name) =>
        /forward|orig|rewrite|override|user$|amzn|_/.test(name),
      ),
    ).toEqual([]);
    expect(headers.authorization).toMatch(/^DPoP \S+$/);
    expect(`${headers.authorization}${headers.dpop}`).not.toContain('forged');
  });

  test.each([
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['chunks that are none', ['Transfer-Encoding: xchunked']],
    ['a folded header', ['X-A: b', ' c: d']],
  ])('request smuggling: %s reaches no upstream', async (_what, more) => {
    const ada = await signedIn();
    const before = own.received.length;
    await raw(ada, '/bff/api/own/echo/x', more).catch(() => '');
    const arrived = own.received.slice(before);
    expect(arrived.filter(({ path }) => path !== '/echo/x')).toEqual([]);
  });
});

test('a disabled key stops everything at once, and everything works again once it is enabled', async () => {
  const ada = await signedIn();
  await ada.fetch('/bff/api/v1/users/me');
  const client = new KMSClient({
    endpoint: kms().url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const KeyId = system.keys.dpop;
  const before = okta().events.list().length;
  await disableByBreakingGlass(client, KeyId);
  try {
    const { signatures } = await asked(async () => {
      const answer = await ada.fetch('/bff/api/v1/users/me');
      expect([answer.status, codeOf(answer)]).toEqual([503, 'signer_unavailable']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.text).not.toContain('arn:');
    });
    expect(signatures, 'no storm').toBeLessThanOrEqual(1);
    expect(okta().events.list()).toHaveLength(before);
  } finally {
    await client.send(new EnableKeyCommand({ KeyId }));
    client.destroy();
  }
  expect((await ada.fetch('/bff/api/v1/users/me')).status).toBe(200);
});

test('users who take turns on one environment never see anything of each other', async () => {
  await system.redeploy({ routes: system.config.routes, scopes: system.config.scopes });
  const users = { ada: await signedIn('ada'), grace: await signedIn('grace'), mary: someone() };
  await users.mary.signIn('mary', { factor: { factor: 'code', code: '123456' } });
  for (let i = 0; i < 4; i += 1) {
    for (const [name, visit] of Object.entries(users)) {
      const { profile } = (await visit.fetch('/bff/api/v1/users/me')).json<{
        profile: { login: string };
      }>();
      expect(profile.login).toMatch(new RegExp(`^${name}`));
    }
  }
  const [own_, other] = [users.ada, users.grace];
  own_.plant('__Host-Http-bff', other.cookie('__Host-Http-bff') ?? '');
  const { profile } = (await own_.fetch('/bff/api/v1/users/me')).json<{
    profile: { login: string };
  }>();
  expect(profile.login).toMatch(/^grace/);
});

test('no log line of the whole run holds a token, a proof or a cookie', () => {
  const text = system.logs.map(({ line }) => line).join('\n');
  expect(text).toContain('proxy.completed');
  const { secrets } = tapped;
  expect([...new Set(secrets.values())]).toEqual(
    expect.arrayContaining([
      'access_token',
      'refresh_token',
      'id_token',
      'client_assertion',
      'code',
      'code_verifier',
      'state',
      'authorization',
      'dpop',
      'cookie',
      'set-cookie',
    ]),
  );
  const leaked = [...secrets].filter(([secret]) => text.includes(secret));
  expect(leaked.map(([, name]) => name)).toEqual([]);
  expect(text).not.toMatch(tokenLike);
  expect(text).not.toMatch(/__Host-Http-bff=[A-Za-z0-9_-]/);
  expect(text).not.toMatch(/users\/me/);
});

function part<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the system does not have it');
  return value;
}
