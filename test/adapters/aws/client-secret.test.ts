import { expect, test } from 'vitest';
import { clientSecret } from '#adapters/aws/client-secret.ts';

const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:client-AbCd12';

/** Secrets Manager, which can be away, and a clock that the test moves. */
function manager() {
  const state = { now: 0, reads: 0, secret: 'first' as string | undefined };
  const read = async () => {
    state.reads += 1;
    if (state.secret === undefined) throw new Error(`${arn} cannot be read`);
    return state.secret;
  };
  const ask = clientSecret({ clientSecretArn: arn }, { now: () => state.now }, read);
  return { state, ask };
}

test('it is read once in five minutes, however many ask, and a new one then takes its place', async () => {
  const { state, ask } = manager();
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['first', 'first', 'first']);
  state.secret = 'second';
  state.now = 299_000;
  expect(await ask()).toBe('first');
  state.now = 300_000;
  expect(await ask()).toBe('second');
  expect(state.reads).toBe(2);
});

test('one that was never read is 503 with a time to come back; the next call asks again', async () => {
  const { state, ask } = manager();
  state.secret = undefined;
  const fault = await ask().then(
    () => expect.fail('a secret came'),
    (error) => error,
  );
  expect(fault).toMatchObject({
    code: 'signer_unavailable',
    headers: { 'retry-after': expect.stringMatching(/^[1-3]$/) },
  });
  expect(fault.message).not.toContain(arn);
  state.secret = 'first';
  expect(await ask()).toBe('first');
});

test('one that was read before serves on while Secrets Manager is away, which is asked twice a minute', async () => {
  const { state, ask } = manager();
  await ask();
  state.secret = undefined;
  state.now = 300_000;
  expect(await Promise.all([ask(), ask()])).toEqual(['first', 'first']);
  state.now += 29_000;
  expect(await ask()).toBe('first');
  expect(state.reads).toBe(2);
  state.secret = 'second';
  state.now += 1_000;
  expect(await ask()).toBe('second');
  expect(state.reads).toBe(3);
});
