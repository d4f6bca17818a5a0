import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endOneSession } from '#core/keys/one-session.ts';
import { endSessionsOf, listSessions } from '#core/keys/sessions.ts';
import { emailHash, everyoneHash, subjectHash } from '#core/session/lookup-hashes.ts';
import { type Bench, bench, issuer, type TestOperator } from './operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterAll(() => b.close());

const deadlineMs = Number.POSITIVE_INFINITY;
const seconds = () => Math.floor(b.now() / 1000);
const lives = async (op: TestOperator, ids: string[]) =>
  (await Promise.all(ids.map((id) => op.sessions.read(id)))).map((stored) => stored !== undefined);

async function people() {
  const op = await b.operator();
  await op.rotated();
  const [first = '', second = ''] = (await op.rings.read('dpop')).keys.map(({ id }) => id);
  const ids = [
    await op.session(first, { user: 'ada' }),
    await op.session(second, { user: 'ada' }),
    await op.session(second, { user: 'bob' }),
  ];
  return { op, ids, first, second };
}

test('lists the sessions of a user, with times and keys and nothing else', async () => {
  const { op } = await people();
  const outcome = await listSessions(op, { whose: { user: 'ada' } });
  expect(outcome).toMatchObject({ status: 'done', more: false });
  const { sessions } = outcome as unknown as { sessions: object[] };
  expect(sessions).toHaveLength(2);
  for (const session of sessions) {
    expect(session).toEqual({
      id: expect.stringMatching(/^.{8}$/),
      key: expect.stringMatching(/^mrk-\w{8}$/),
      createdAt: seconds(),
      lastSeenAt: seconds(),
      idleEndsAt: seconds() + 3600,
      expiresAt: seconds() + 3600,
    });
  }
});

test('lists those on a key, up to a limit', async () => {
  const { op, second } = await people();
  expect(await listSessions(op, { whose: { key: second } })).toMatchObject({
    message: '2 sessions',
  });
  expect(await listSessions(op, { whose: { key: second }, limit: 1 })).toMatchObject({
    message: 'More than 1 session',
    more: true,
  });
});

test('the end of one session is counted and logged like that of many', async () => {
  const { op, ids } = await people();
  const [session = ''] = ids;
  expect(await endOneSession(op, { whose: { session }, deadlineMs })).toMatchObject({
    status: 'done',
    found: 1,
    ended: 1,
  });
  expect(await lives(op, ids)).toEqual([false, true, true]);
  expect(op.events.at(-1)).toEqual({ name: 'session.ended', fields: { why: 'operator' } });
});

test('ends those of a user, and no sign-in of theirs that began before counts', async () => {
  const { op, ids } = await people();
  const outcome = await endSessionsOf(op, { whose: { user: 'ada' }, deadlineMs });
  expect(outcome).toMatchObject({ status: 'done', code: 'revoked', found: 2, ended: 2 });
  expect(await lives(op, ids)).toEqual([false, false, true]);
  expect(await op.marks.signedOutBefore([subjectHash(issuer, 'ada')])).toBe(b.now() / 1000);
});

test('a user is known by e-mail address too, without case', async () => {
  const { op, second } = await people();
  const id = await op.session(second, { user: 'ada', email: 'ada@example.com' });
  const whose = { user: 'Ada@Example.com' };
  expect(await listSessions(op, { whose })).toMatchObject({ found: 1, message: '1 session' });
  expect(await endSessionsOf(op, { whose, deadlineMs, dryRun: true })).toMatchObject({ found: 1 });
  expect(await endSessionsOf(op, { whose, deadlineMs })).toMatchObject({ found: 1, ended: 1 });
  expect(await lives(op, [id])).toEqual([false]);
  expect(await op.marks.signedOutBefore([emailHash(issuer, 'ada@example.com')])).toBe(
    b.now() / 1000,
  );
});

describe('when no session of the user is found', () => {
  const asked = async (user: string, scopes: string[]) => {
    const op = await b.operator({ config: { scopes } });
    const whose = { user };
    return Promise.all([
      listSessions(op, { whose }),
      endSessionsOf(op, { whose, deadlineMs, dryRun: true }),
      endSessionsOf(op, { whose, deadlineMs }),
    ]);
  };

  test('listing and ending say so, and that none was found', async () => {
    for (const outcome of await asked('nobody', ['openid'])) {
      expect(outcome).toMatchObject({ status: 'done', found: 0 });
      expect(outcome.message).toMatch(/^No session of that user was found\./);
      expect(outcome).not.toHaveProperty('emailIndexed');
    }
  });

  test('an address that sessions are indexed by is distinguished from one that they are not', async () => {
    for (const outcome of await asked('nobody@example.com', ['openid', 'email'])) {
      expect(outcome).toMatchObject({ found: 0, emailIndexed: true });
      expect(outcome.message).toMatch(/^No session of that user was found\./);
    }
    for (const outcome of await asked('nobody@example.com', ['openid', 'profile'])) {
      expect(outcome).toMatchObject({ found: 0, emailIndexed: false });
      expect(outcome.message).toMatch(/without the scope email no session is indexed by e-mail/);
      expect(outcome.message).not.toMatch(/nobody/);
    }
  });

  test('sign-ins of theirs that began before do not count either', async () => {
    const op = await b.operator();
    await endSessionsOf(op, { whose: { user: 'nobody' }, deadlineMs });
    expect(await op.marks.signedOutBefore([subjectHash(issuer, 'nobody')])).toBe(b.now() / 1000);
  });
});

test('ends those on a key', async () => {
  const { op, ids, first } = await people();
  expect(await endSessionsOf(op, { whose: { key: first }, deadlineMs })).toMatchObject({
    ended: 1,
  });
  expect(await lives(op, ids)).toEqual([false, true, true]);
});

test('ends all, also those on keys that no ring knows, and no sign-in that began before counts', async () => {
  const { op, ids } = await people();
  const stray = await op.admin.create({ use: 'dpop', spec: 'ECC_NIST_P256', rotation: 'lost' });
  ids.push(await op.session(stray));
  expect(await endSessionsOf(op, { whose: { all: true }, deadlineMs })).toMatchObject({
    ended: 4,
  });
  expect(await lives(op, ids)).toEqual([false, false, false, false]);
  expect(await op.marks.signedOutBefore([everyoneHash])).toBe(b.now() / 1000);
});

test('a dry run counts and ends nothing', async () => {
  const { op, ids } = await people();
  const outcome = await endSessionsOf(op, { whose: { all: true }, deadlineMs, dryRun: true });
  expect(outcome).toMatchObject({ code: 'dry_run', sessions: 3 });
  expect(await lives(op, ids)).toEqual([true, true, true]);
  expect(await op.marks.signedOutBefore([everyoneHash])).toBe(0);
});

test('the events of an ended session do not say whose it was', async () => {
  const { op } = await people();
  op.events.length = 0;
  await endSessionsOf(op, { whose: { user: 'ada' }, deadlineMs });
  expect(op.events).not.toEqual([]);
  expect(JSON.stringify(op.events)).not.toMatch(/ada/);
});
