// The renewal of a bound cookie and whatever else may happen to its session at the same moment, in two environments: the
// write of one waits at the table until the other is done.
import { beforeAll, describe, expect, test } from 'vitest';
import { boundSessions, sessionIdOf } from '#test/support/bound-sessions.ts';
import { aDevice, challengeIn, offered, postProof, signInBound } from '#test/support/device.ts';
import { logoutToken, sendLogoutToken } from '#test/support/logout-token.ts';
import { runOperator } from '#test/support/operator-command.ts';
import { codeOf, running } from '#test/support/running.ts';
import type { Answer, Visitor } from '#test/support/visitor.ts';

const run = running({
  environment: {},
  config: { session: { deviceBound: 'prefer' }, dpop: { rebindOnRefresh: true } },
  okta: { bindRefreshTokens: false },
  variables: { BFF_KEY_RING_SECONDS: '0.01' },
});
const { thiefOf, itemOf } = boundSessions(run);
const api = '/bff/api/v1/users?limit=1';

/** Longer than what happens meanwhile, and shorter than a call of the table may take. */
const heldMs = 1_500;

/** `first` waits at the table with its call of this operation, and `then` is done meanwhile. */
async function held<A, B>(
  operation: string,
  first: () => Promise<A>,
  then: () => Promise<B>,
): Promise<[A, B]> {
  const { faults, calls } = run.dynamodb;
  const before = calls.count(operation);
  faults.latencyMs = (call) => (call.operation === operation ? heldMs : 0);
  const waiting = first();
  await expect.poll(() => calls.count(operation), { interval: 5 }).toBeGreaterThan(before);
  faults.latencyMs = 0;
  const done = await then();
  return [await waiting, done];
}

const operator = (line: string) => runOperator(line, { local: run.system.gateway.lambdaUrl });

async function backChannel(): Promise<unknown> {
  const answer = await sendLogoutToken(run.system, await logoutToken(run.system, { sub: subject }));
  expect(answer.status).toBe(200);
  return answer;
}

let subject = '';
beforeAll(async () => {
  const ada = await run.signedIn();
  subject = (await ada.fetch('/bff/session')).json<{ user: { sub: string } }>().user.sub;
});

const ends: [what: string, end: (visit: Visitor) => Promise<unknown>][] = [
  ['a sign-out', (visit) => visit.fetch('/bff/logout', { method: 'POST' })],
  ['an operator', () => operator('sessions revoke --user ada@example.com --reason left')],
  ['back-channel logout', backChannel],
  ['a step-up', (visit) => signInBound(visit, undefined, 'ada')],
];

describe.each(ends)('a renewal and the end of the session by %s', (_what, end) => {
  test('leave no session when the renewal comes too late, and the browser forgets the key', async () => {
    const ada = run.someone();
    const { device, challenge } = await signInBound(ada);
    const copy = thiefOf(ada);
    const proof = await device.proof(challenge);
    const [renewed] = await held(
      'UpdateItem',
      () => postProof(copy, 'refresh', proof),
      () => end(ada),
    );
    expect([renewed.status, codeOf(renewed), renewed.cookies]).toEqual([
      401,
      'session_expired',
      [],
    ]);
    expect(await run.items(`session#${sessionIdOf(copy)}`)).toEqual([]);
    expect(codeOf(await copy.fetch(api))).toBe('session_expired');
  });

  test('leave no session when the end comes last, whatever cookie the renewal brought', async () => {
    const ada = run.someone();
    const { device, challenge } = await signInBound(ada);
    const copy = thiefOf(ada);
    const proof = await device.proof(challenge);
    const [, renewed] = await held(
      'DeleteItem',
      () => end(ada),
      () => postProof(copy, 'refresh', proof),
    );
    expect(renewed.status).toBe(200);
    expect(await run.items(`session#${sessionIdOf(copy)}`)).toEqual([]);
    expect(codeOf(await copy.fetch(api))).toBe('session_expired');
    const again = await postProof(
      copy,
      'refresh',
      await device.proof(challengeIn(renewed).challenge),
    );
    expect([again.status, codeOf(again)]).toEqual([401, 'session_expired']);
  });
});

test('a step-up during a renewal leads to a session that is bound to a key of its own', async () => {
  const ada = run.someone();
  const { device, challenge } = await signInBound(ada);
  const copy = thiefOf(ada);
  const proof = await device.proof(challenge);
  const [, next] = await held(
    'UpdateItem',
    () => postProof(copy, 'refresh', proof),
    () => signInBound(ada, undefined, 'ada'),
  );
  expect((await ada.fetch(api)).status).toBe(200);
  expect((await ada.fetch('/bff/session')).json()).toMatchObject({ bound: true });
  const renewed = await postProof(ada, 'refresh', await next.device.proof(next.challenge));
  expect(renewed.status).toBe(200);
  const former = await postProof(ada, 'refresh', await device.proof(challenge));
  expect(former.status).toBe(403);
});

describe('a renewal of the bound cookie and one of the tokens, with a new DPoP key,', () => {
  /** The next call gets another access token, proven by the key that is active now. */
  async function ready() {
    const ada = run.someone();
    const bound = await signInBound(ada);
    expect((await ada.fetch(api)).status).toBe(200);
    const before = await itemOf(ada);
    expect((await operator('keys rotate --reason yearly')).code).toBe(0);
    run.okta.faults.set('api', { value: 'invalid_token', times: 1 });
    return { ada, ...bound, before, proof: await bound.device.proof(bound.challenge) };
  }

  async function bothTookEffect(
    { ada, device, before }: Awaited<ReturnType<typeof ready>>,
    called: Answer,
    renewed: Answer,
  ) {
    expect([called.status, renewed.status]).toEqual([200, 200]);
    const after = await itemOf(ada);
    expect(after?.deviceKey).toEqual(before?.deviceKey);
    expect(after?.deviceCookie).not.toEqual(before?.deviceCookie);
    expect(after?.keyId).not.toEqual(before?.keyId);
    expect((await ada.fetch(api)).status).toBe(200);
    const { challenge } = challengeIn(renewed);
    expect((await postProof(ada, 'refresh', await device.proof(challenge))).status).toBe(200);
  }

  test('both take effect when the cookie waits for the tokens', async () => {
    const at = await ready();
    const [renewed, called] = await held(
      'UpdateItem',
      () => postProof(at.ada, 'refresh', at.proof),
      () => at.ada.fetch(api),
    );
    await bothTookEffect(at, called, renewed);
  });

  test('both take effect when the tokens wait for the cookie', async () => {
    const at = await ready();
    const [called, renewed] = await held(
      'UpdateItem',
      () => at.ada.fetch(api),
      () => postProof(at.ada, 'refresh', at.proof),
    );
    await bothTookEffect(at, called, renewed);
  });
});

describe('two renewals at once', () => {
  test('have one winner, and the cookie that it brought goes on working', async () => {
    const ada = run.someone();
    const { device, challenge } = await signInBound(ada);
    const other = thiefOf(ada);
    const [late, won] = await held(
      'UpdateItem',
      async () => postProof(other, 'refresh', await device.proof(challenge)),
      async () => postProof(ada, 'refresh', await device.proof(challenge)),
    );
    expect([won.status, late.status, late.cookies]).toEqual([200, 403, []]);
    expect((await ada.fetch(api)).status).toBe(200);
    const again = await postProof(ada, 'refresh', await device.proof(challengeIn(late).challenge));
    expect(again.status).toBe(200);
  });

  test('of two registrations one wins, and the other device gets no cookie', async () => {
    const ada = run.someone();
    const challenge = await offered(ada);
    const [one, two] = [await aDevice(), await aDevice()];
    const other = thiefOf(ada);
    const [late, won] = await held(
      'UpdateItem',
      async () => postProof(other, 'register', await one.registration(challenge)),
      async () => postProof(ada, 'register', await two.registration(challenge)),
    );
    expect([won.status, late.status, late.cookies]).toEqual([200, 403, []]);
    expect(codeOf(await other.fetch(api))).toBe('device_proof_required');
    const proof = await two.proof(challengeIn(won).challenge);
    expect((await postProof(ada, 'refresh', proof)).status).toBe(200);
  });
});

describe('a table that is slow or away', () => {
  test('is 503 for both endpoints, and what the browser has stays good', async () => {
    const ada = run.someone();
    const { device, challenge, registration } = await signInBound(ada);
    const proof = await device.proof(challenge);
    run.dynamodb.faults.latencyMs = 20_000;
    const slow = await Promise.all([
      postProof(ada, 'refresh', proof),
      postProof(ada, 'register', await device.registration(registration)),
    ]);
    run.dynamodb.faults.reset();
    for (const answer of slow) {
      expect([answer.status, codeOf(answer), answer.cookies]).toEqual([
        503,
        'store_unavailable',
        [],
      ]);
      expect(answer.headers['retry-after']).toBeDefined();
    }
    expect((await ada.fetch(api)).status).toBe(200);
    expect((await postProof(ada, 'refresh', proof)).status).toBe(200);
  });

  test('that took the renewal and lost its answer is asked again, and the cookie comes', async () => {
    const ada = run.someone();
    const { device, challenge } = await signInBound(ada);
    run.dynamodb.faults.failNext('lose_answer', { operation: 'UpdateItem' });
    const renewed = await postProof(ada, 'refresh', await device.proof(challenge));
    expect(renewed.status).toBe(200);
    expect((await ada.fetch(api)).status).toBe(200);
  });
});
