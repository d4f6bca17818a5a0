// One run that does everything, in which every secret is known; then none of them may be in a log, in an error or in
// what a page can read.
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { type RecordingServer, startRecordingServer } from '#test/support/recording-server.ts';
import { part, running } from '#test/support/running.ts';
import type { Answer, Visitor } from '#test/support/visitor.ts';

let server: RecordingServer;
beforeAll(async () => {
  server = await startRecordingServer();
});
afterAll(() => server?.close());

const run = running(() => ({
  config: {
    issuer: server.issuer,
    clientId: 'the-client',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    routes: [
      { path: '/bff/api/own/*', upstream: `${server.origin}/v1/api`, methods: ['GET', 'POST'] },
    ],
  },
}));

const secrets = new Map<string, string>();
const answers: Answer[] = [];

/** Remembers what is secret in a request that the server saw. */
function remember() {
  for (const { endpoint, headers, form, url } of server.seen) {
    const note = (name: string, value: unknown) => {
      if (typeof value === 'string' && value.length > 7)
        secrets.set(value, `${name} at ${endpoint}`);
    };
    note('proof', headers.dpop);
    note('token', headers.authorization?.split(' ')[1]);
    for (const name of [
      'code',
      'code_verifier',
      'refresh_token',
      'client_assertion',
      'token',
      'state',
      'nonce',
      'login_hint',
    ]) {
      note(name, form.get(name));
      note(name, url.searchParams.get(name));
    }
    note('hint', url.searchParams.get('id_token_hint'));
  }
}

const hold = (visit: Visitor) => {
  for (const name of visit.cookieNames()) {
    const value = visit.cookie(name) ?? '';
    if (value.length > 7) secrets.set(value, name);
  }
};

async function everything(): Promise<void> {
  const keep = async (answer: Promise<Answer>) => {
    answers.push(await answer);
    return part(answers.at(-1));
  };
  const visit = run.someone();
  const until = (next: URL) => next.pathname !== '/bff/login';
  await keep(visit.navigate('/bff/login?login_hint=hint.canary%40example.com', { until }));
  hold(visit);
  await keep(visit.signIn());
  hold(visit);
  await keep(visit.fetch('/bff/session'));
  await keep(visit.fetch('/bff/api/own/things?q=query-canary'));
  await keep(visit.navigate('/bff/login?max_age=0'));
  hold(visit);

  // What goes wrong says more than what goes well.
  const failing: [
    Parameters<RecordingServer['change']>[0],
    Parameters<RecordingServer['change']>[1],
  ][] = [
    ['token', (usual) => ({ ...usual, body: { ...(usual.body as object), token_type: 'Bearer' } })],
    [
      'token',
      (usual) => ({
        ...usual,
        status: 400,
        body: { error: 'invalid_grant', error_description: JSON.stringify(usual.body) },
      }),
    ],
    ['token', (usual) => ({ ...usual, status: 500, body: JSON.stringify(usual.body) })],
    ['token', (usual) => ({ ...usual, body: `${JSON.stringify(usual.body)}]` })],
    [
      'token',
      (usual) => ({
        ...usual,
        body: {
          ...(usual.body as object),
          id_token: `${(usual.body as { id_token: string }).id_token}x`,
        },
      }),
    ],
    ['token', () => 'drop'],
    [
      'par',
      (_usual, { form }) => ({
        status: 400,
        body: { error: 'invalid_request', error_description: form.toString() },
      }),
    ],
    [
      'userinfo',
      (usual) => ({ ...usual, body: { ...(usual.body as object), sub: 'somebody-else' } }),
    ],
    ['revoke', (_usual, { form }) => ({ status: 503, body: form.toString() })],
    ['keys', () => ({ status: 503, body: 'no keys' })],
  ];
  for (const [endpoint, change] of failing) {
    server.change(endpoint, (usual, seen) => {
      const body = typeof usual.body === 'object' ? (usual.body as Record<string, unknown>) : {};
      for (const name of ['access_token', 'refresh_token', 'id_token', 'request_uri']) {
        if (typeof body[name] === 'string') secrets.set(body[name], `${name} of ${endpoint}`);
      }
      return part(change)(usual, seen);
    });
    const other = run.someone();
    await keep(other.navigate('/bff/login'));
    hold(other);
    await keep(other.fetch('/bff/session'));
    await keep(other.fetch('/bff/api/own/things'));
    await keep(other.fetch('/bff/logout', { method: 'POST' }));
    server.change(endpoint);
  }

  const arn = { error: 'AccessDeniedException', message: `not on arn:aws:kms:${region}:secret` };
  run.kms.faults.fault = () => arn;
  await keep(visit.fetch('/bff/api/own/things'));
  await keep(run.someone().send('/bff/login'));
  run.kms.faults.reset();
  run.dynamodb.faults.fault = () => arn;
  await keep(visit.fetch('/bff/session'));
  await keep(visit.fetch('/bff/logout', { method: 'POST' }));
  run.dynamodb.faults.reset();
  const now = Math.floor(Date.now() / 1000);
  const token = await server.sign(
    { iss: server.issuer, sub: server.sub, jti: 'x', iat: now },
    { typ: 'logout+jwt' },
  );
  secrets.set(token, 'a logout token');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  await keep(
    run.someone().send('/bff/backchannel-logout', {
      method: 'POST',
      headers: form,
      body: `logout_token=${token}`,
    }),
  );
  await keep(visit.navigate('/bff/logout', { form: {}, until: () => true }));
  remember();
}

test('no secret of a run appears in a log, an error or anything a page can read', async () => {
  await everything();
  const kms = new KMSClient({
    region,
    endpoint: run.kms.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { Keys = [] } = await kms.send(new ListKeysCommand({}));
  kms.destroy();
  for (const { KeyArn = '' } of Keys) secrets.set(KeyArn, 'the ARN of a key');
  for (const [name, person] of Object.entries({
    name: 'The User',
    email: 'the.user@example.com',
    hint: 'hint.canary',
  })) {
    secrets.set(person, name);
  }
  secrets.set('query-canary', 'a query');
  secrets.set('arn:aws:kms', 'an ARN');

  const kinds = new Set([...secrets.values()]);
  for (const kind of [
    'proof at token',
    'code_verifier at token',
    'client_assertion at token',
    'token at userinfo',
    'refresh_token of token',
    'state at par',
    'nonce at par',
    'token at revoke',
    '__Host-Http-bff',
    'the ARN of a key',
  ]) {
    expect(kinds, 'the run has produced it').toContain(
      kind === 'hint at logout' ? 'token at revoke' : kind,
    );
  }
  await vi.waitFor(() => expect(run.logged('session.ended')).not.toEqual([]));

  const logs = run.system.logs.map(({ line }) => line).join('\n');
  expect(logs).toContain('login.completed');
  expect(logs).toContain('login.rejected');
  const leaks = [...secrets].filter(([secret]) => logs.includes(secret)).map(([, name]) => name);
  expect(leaks, 'in the logs').toEqual([]);

  const shownToItsUser = ['name', 'email', 'hint', 'a query'];
  for (const { url, text, headers } of answers) {
    const { location: _to, 'set-cookie': _own, ...others } = headers;
    const readable = `${text}\n${JSON.stringify(others)}`;
    const found = [...secrets].filter(
      ([secret, name]) => !shownToItsUser.includes(name) && readable.includes(secret),
    );
    expect(
      found.map(([, name]) => name),
      `in an answer of ${url.pathname}`,
    ).toEqual([]);
  }
});

test('the events of a sign-in have stable names', () => {
  for (const name of [
    'login.started',
    'login.completed',
    'login.rejected',
    'session.ended',
    'revocation.failed',
    'userinfo.refused',
  ]) {
    expect(run.logged(name), name).not.toEqual([]);
  }
  for (const line of run.logged('login.rejected')) {
    expect(line).toMatchObject({
      code: expect.stringMatching(/^[a-z_]+$/),
      request_id: expect.any(String),
    });
  }
});

test('the claims of a UserInfo response about somebody else are not shown', async () => {
  server.change('userinfo', (usual) => ({
    ...usual,
    body: { ...(usual.body as object), sub: 'somebody-else' },
  }));
  const visit = run.someone();
  await visit.signIn();
  expect((await visit.fetch('/bff/session')).json()).toMatchObject({ user: { sub: server.sub } });
  expect((await visit.fetch('/bff/session')).text).not.toContain('The User');
  server.change('userinfo');
});

test('a session whose ID token lacks the e-mail address is found by it all the same', async () => {
  await run.system.redeploy({ session: { claims: ['sub'] } });
  const known = new Set((await run.items('session#')).map(({ pk }) => pk?.S));
  const visit = run.someone();
  await visit.signIn();
  const item = (await run.items('session#')).find(
    ({ pk, sk }) => !known.has(pk?.S) && sk?.S === 'session',
  );
  expect(item?.email?.S).toBeDefined();
  expect((await visit.fetch('/bff/session')).json()).toMatchObject({ user: { sub: server.sub } });
  expect((await visit.fetch('/bff/session')).text).not.toContain('the.user');
});
