// A custom authorization server issues access tokens that are JWTs for your own APIs. They must name our key.
import { calculateJwkThumbprint, decodeProtectedHeader, type JWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  challengeOf,
  type RecordingServer,
  type Seen,
  startRecordingServer,
} from '#test/support/recording-server.ts';
import { part, queryOf, running, sessionName } from '#test/support/running.ts';
import { callback, untilCallback } from '#test/support/sign-in-steps.ts';

let server: RecordingServer;
beforeAll(async () => {
  server = await startRecordingServer({ path: '/oauth2/own' });
});
afterAll(() => server?.close());
const run = running(() => ({ config: { issuer: server.issuer, clientId: 'the-client' } }));
beforeEach(() => server.reset());

const jktOf = (seen: Seen) =>
  calculateJwkThumbprint(decodeProtectedHeader(String(seen.headers.dpop)).jwk as JWK);
const signIn = async () => {
  const visit = run.someone();
  return { visit, answer: await callback(visit, await untilCallback(visit)) };
};
/** An access token that is a JWT, with this `cnf`. */
const boundTo = (cnf: (jkt: string) => object | undefined) =>
  server.change('token', async (usual, seen) => ({
    ...usual,
    body: {
      ...(usual.body as object),
      access_token: await server.sign({ iss: server.issuer, cnf: cnf(await jktOf(seen)) }),
    },
  }));

describe('an access token', () => {
  test('that is bound to our key signs in', async () => {
    boundTo((jkt) => ({ jkt }));
    expect((await signIn()).answer.headers.location).toBe('/');
  });

  test.each<[string, object | undefined]>([
    ['another key', { jkt: 'A'.repeat(43) }],
    ['no key', undefined],
    ['a certificate', { 'x5t#S256': 'A'.repeat(43) }],
  ])('that is bound to %s is refused, stored nowhere and revoked', async (_name, cnf) => {
    boundTo(() => cnf);
    const before = (await run.items('session#')).length;
    const { visit, answer } = await signIn();
    expect(queryOf(answer).get('login_error')).toBe('login_failed');
    expect(visit.cookie(sessionName)).toBeUndefined();
    expect(await run.items('session#')).toHaveLength(before);
    expect(server.to('revoke')).toHaveLength(2);
  });
});

test('a refused proof ends the sign-in with its registered error code, without a loop', async () => {
  server.change('token', () => ({ status: 400, body: { error: 'invalid_dpop_proof' } }));
  const { answer } = await signIn();
  expect(answer.headers.location).toBe('/?login_error=invalid_dpop_proof');
  expect(server.to('token')).toHaveLength(1);
});

test('the code exchange sends the verifier, one proof by the announced key, and one client authentication', async () => {
  await signIn();
  const pushed = part(server.to('par')[0]).form;
  const exchange = part(server.to('token').at(-1));
  expect(exchange.form.get('code_verifier')).toMatch(/^[A-Za-z0-9._~-]{43,128}$/);
  expect(challengeOf(exchange.form.get('code_verifier') ?? '')).toBe(pushed.get('code_challenge'));
  expect(await jktOf(exchange)).toBe(pushed.get('dpop_jkt'));
  const names = exchange.lines.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  expect(names.filter((name) => name === 'dpop')).toHaveLength(1);
  expect(exchange.headers.authorization).toBeUndefined();
  expect(exchange.form.has('client_secret')).toBe(false);
});

test('a revocation names each token and its type', async () => {
  const { visit } = await signIn();
  await visit.fetch('/bff/logout', { method: 'POST' });
  expect(
    server
      .to('revoke')
      .map(({ form }) => [form.get('token_type_hint'), form.get('token')?.slice(0, 3)]),
  ).toEqual([
    ['refresh_token', 'rt-'],
    ['access_token', 'at-'],
  ]);
});
