import { userInfo } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { parseCommand } from '#infra/operator/arguments.ts';
import { operating } from '#test/support/operating.ts';
import { runOperator, wordsOf } from '#test/support/operator-command.ts';
import { visitor } from '#test/support/visitor.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ environment: {}, variables: { BFF_KEY_RING_SECONDS: '0.01' } });
});
afterAll(() => system?.close());

const operator = (line: string, answers?: string[]) =>
  runOperator(line, { local: system.gateway.lambdaUrl, ...(answers && { answers }) });
const json = async (line: string) => JSON.parse((await operator(`${line} --json`)).out);

test('keys are listed, rotated and retired, and sessions stay until they are revoked', async () => {
  const ada = visitor(system.url);
  await ada.signIn();
  const before = await operator('keys list');
  expect(before.code).toBe(0);
  expect(before.out).toMatch(
    /^DPoP proofs\n {2}KEY +STATE +SINCE +SIGNS +AGE +LAST SIGNED +SESSIONS\n {2}mrk-\w{8} {2}active +the beginning +ES256 +under a minute +just now +1, the last ends in 1[12] h\n/,
  );

  const rotated = await operator('keys rotate --reason yearly');
  expect(rotated).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^mrk-\w{8} is the active dpop key. mrk-\w{8} drains.\n$/),
  });
  const { keys } = await json('keys list');
  const [old] = keys.filter(({ state }: { state: string }) => state === 'draining');
  expect(old.sessions).toBe(1);

  const refused = await operator(`keys retire ${old.name}`);
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('may still be under way'),
  });
  expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);

  const list = await operator('sessions list --user ada@example.com');
  expect(list.out).toMatch(/^1 session\n {2}SESSION +SIGNED IN/);
  const dry = await operator('sessions revoke --user ada@example.com --dry-run');
  expect(dry.out).toBe('Would end 1 session. Nothing was changed.\n');
  expect(await operator('sessions revoke --user ada@example.com --reason left')).toMatchObject({
    code: 0,
    out: '1 session ended.\n',
  });
  expect((await ada.fetch('/bff/session')).json()).toEqual({ authenticated: false });
});

test('one of two who rotate at once does so, and sees what it waits for; the other is told of it', async () => {
  const before = (await json('keys list')).keys.length;
  const ran = await Promise.all(
    ['ada', 'grace'].map((who) => operator(`keys rotate --wait 4 --reason of-${who}`)),
  );
  const [won, lost] = ran.toSorted((a, b) => a.code - b.code);
  expect(won).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^mrk-\w{8} is the active dpop key\./),
    err: expect.stringMatching(/\n\nmrk-\w{8} waits until all of KMS knows it: .* UTC\.\n/),
  });
  expect(lost).toMatchObject({ code: 1, out: '' });
  expect(lost?.err).toMatch(
    /refused: (A rotation of the dpop key is under way: by .* \(of-(ada|grace)\), .* take it over in \d+ s, or at once with --take-over\.|Somebody else went on with the rotation)/,
  );
  expect((await json('keys list')).keys).toHaveLength(before + 1);
});

test('the kill switch ends sessions, sign-ins go on, and enable undoes it', async () => {
  const ada = visitor(system.url);
  await ada.signIn();
  const { keys } = await json('keys list');
  const [active] = keys.filter(
    (key: { use: string; state: string }) => key.use === 'dpop' && key.state === 'active',
  );
  const killed = await operator(`keys disable ${active.name} --now --reason leaked`);
  expect(killed).toMatchObject({ code: 0, out: expect.stringContaining('1 session ended') });
  expect((await ada.fetch('/bff/api/v1/users')).status).toBe(401);
  await ada.signIn();
  expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);
  expect((await operator(`keys enable ${active.name}`)).out).toContain(
    'signs again, and is draining',
  );
  const audits = system.logs.filter(({ line }) => line.includes('operator.acted'));
  expect(audits.map(({ line }) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({
      action: 'disable',
      reason: 'leaked',
      outcome: 'done',
      key: active.name,
    }),
  );
});

test('a wrong call ends with 2, and what is refused or missing with 1', async () => {
  expect((await operator('keys explode')).code).toBe(2);
  expect((await operator('keys retire mrk-00000000')).code).toBe(1);
});

test('the id of a session in the list ends that session and no other', async () => {
  await operator('sessions revoke --all --yes --reason fresh');
  const [ada, grace] = [visitor(system.url), visitor(system.url)];
  await ada.signIn();
  await grace.signIn('grace');
  const { sessions } = await json('sessions list --user ada@example.com');
  expect(sessions).toHaveLength(1);
  const [{ id }] = sessions;
  const ended = (of: typeof ada) => of.fetch('/bff/session').then((answer) => answer.json());

  expect((await operator(`sessions revoke --session ${id} --dry-run`)).out).toBe(
    `Would end the session ${id}. Nothing was changed.\n`,
  );
  expect(await operator(`sessions revoke --session ${id} --reason stolen`)).toMatchObject({
    code: 0,
    out: `The session ${id} ended.\n`,
  });
  expect(await ended(ada)).toEqual({ authenticated: false });
  expect(await ended(grace)).toMatchObject({ authenticated: true });
  expect(await operator(`sessions revoke --session ${id} --reason stolen`)).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining(`refused: No session ${id} was found.`),
  });
  const { sessions: hers } = await json('sessions list --user grace@example.com');
  const foreign = `sessions revoke --user ada@example.com --session ${hers[0].id} --reason stolen`;
  expect((await operator(foreign)).code).toBe(1);
  expect(await ended(grace)).toMatchObject({ authenticated: true });
});

test('ending the sessions of an unknown user is not a success, and says who was asked for', async () => {
  const typo = await operator('sessions revoke --user ada@exmaple.com --reason left');
  expect(typo).toMatchObject({ code: 1, out: '' });
  expect(typo.err).toContain(
    'refused: No session of ada@exmaple.com was found. Check the spelling',
  );
  const sub = await operator('sessions revoke --user ada --reason left');
  expect(sub.err).toContain('No session of ada was found. It was taken for a sub');
  const dry = await operator('sessions revoke --user ada@exmaple.com --dry-run');
  expect(dry).toMatchObject({ code: 1, out: '' });
  expect(await json('sessions revoke --user ada@exmaple.com --reason left')).toMatchObject({
    status: 'refused',
    code: 'no_session',
    message: expect.stringContaining('ada@exmaple.com'),
    found: 0,
  });
  expect(await operator('sessions list --user ada@exmaple.com')).toMatchObject({
    code: 0,
    // One sentence, and no table below it.
    out: expect.stringMatching(/^No session of ada@exmaple\.com was found\..*\n$/),
  });
});

test('keys stay in their places, and a key without a date shows none', async () => {
  const names = async () =>
    (await json('keys list')).keys
      .filter(({ use }: { use: string }) => use === 'dpop')
      .map(({ name }: { name: string }) => name);
  const before = await names();
  await operator('keys rotate --reason order');
  const after = await names();
  expect(after.slice(0, before.length)).toEqual(before);
  await operator(`keys activate ${before[0]}`);
  expect(await names()).toEqual(after);
  const { keys } = await json('keys list');
  const assertion = keys.find(({ use }: { use: string }) => use === 'assertion');
  expect(assertion.since).toBeNull();
});

test('after each change it says what comes next, in commands for the same system', async () => {
  const port = new URL(system.gateway.lambdaUrl).port;
  const rotated = await operator('keys rotate --reason next');
  const [, from] = / (mrk-\w{8}) drains/.exec(rotated.out) ?? [];
  expect(rotated.err).toContain(`\n  npm run operator -- keys retire ${from} --local ${port}\n`);
  expect(rotated.err).toContain(`\n  npm run operator -- keys activate ${from} --local ${port}\n`);

  const disabled = await operator(`keys disable ${from} --now --reason leaked`);
  expect(disabled.err).toContain(`npm run operator -- keys enable ${from} --local`);
  const retiring = await operator(`keys retire ${from}`);
  expect(retiring).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^mrk-\w{8} was disabled already and is now retiring\. From 20\d\d-/,
    ),
  });
  expect(retiring.err).toContain(`npm run operator -- keys retire ${from} --local ${port}`);
  const again = await operator(`keys retire ${from}`);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('may be deleted from') });
  const list = await operator('keys list');
  expect(list.out).toMatch(/SESSIONS +DELETION\n/);
  expect(list.out).toMatch(new RegExp(`${from} +retiring .* 0 +possible in [67] d\\n`));
});

test('every command that is offered as the next one is understood', async () => {
  const said: string[] = [];
  const say = async (line: string) => said.push((await operator(line)).err);
  await say('keys rotate --reason offered');
  await say('keys rotate --use assertion --wait 0 --reason offered');
  const { keys } = await json('keys list');
  const draining = keys.filter(({ state }: { state: string }) => state === 'draining');
  for (const { name } of draining) await say(`keys disable ${name} --now --reason offered`);
  for (const { name } of draining) await say(`keys enable ${name}`);
  for (const { name } of draining) await say(`keys activate ${name}`);
  const ada = visitor(system.url);
  await ada.signIn();
  await say('sessions list --user ada@example.com');
  await say('sessions revoke --user ada@example.com --reason offered');
  const offered = [...said.join('').matchAll(/^ {2}npm run operator -- (.*)$/gm)].map(
    ([, line = '']) => line,
  );
  expect(offered.length).toBeGreaterThan(8);
  for (const line of offered) {
    const lacks = line.includes("'<why>'") ? ['reason'] : [];
    expect(parseCommand(wordsOf(line)), line).toMatchObject({ lacks });
  }
});

test('a dry run of disabling the last key says that nobody could sign in', async () => {
  const { keys } = await json('keys list');
  const assertions = keys.filter(({ use }: { use: string }) => use === 'assertion');
  for (const { name, state } of assertions) {
    if (state === 'draining') await operator(`keys disable ${name} --now --reason spare`);
  }
  const { name } = assertions.find(({ state }: { state: string }) => state === 'active');
  const dry = await operator(`keys disable ${name} --now --dry-run`);
  expect(dry).toMatchObject({
    code: 0,
    out: expect.stringContaining('nobody could sign in until you rotate or enable one'),
  });
  const spare = await operator('keys rotate --use assertion --wait 0 --reason spare');
  expect(spare.code).toBe(0);
  expect(spare.err).toContain('warning: the authorization server may keep our key set');
  const now = /^(mrk-\w{8}) is the active/.exec(spare.out)?.[1];
  expect((await operator(`keys disable ${now} --now --dry-run`)).out).toContain(
    `${name} would be the active assertion key`,
  );
});

test('without an active key, status gives the command that makes one of that use', async () => {
  const { keys } = await json('keys list');
  const signing = keys.filter(
    ({ use, state }: Record<string, string>) =>
      use === 'assertion' && ['active', 'draining'].includes(state ?? ''),
  );
  for (const { name } of signing) await operator(`keys disable ${name} --now --reason outage`);
  const status = await operator('status');
  expect(status.out).toContain('! No assertion key is active: nobody can sign in.');
  const { port } = new URL(system.gateway.lambdaUrl);
  expect(status.err).toContain(
    `\nTo make another assertion key:\n  npm run operator -- keys rotate --use assertion --local ${port}\n`,
  );
  expect((await operator('keys rotate --use assertion --reason outage')).code).toBe(0);
  expect((await operator('status')).err).not.toContain('To make another');
});

test('the operator who stopped a rotation goes on with it at once; another does not', async () => {
  const mine = { action: 'rotate', use: 'dpop', settleSeconds: 1, reason: 'stopped' } as const;
  const bench = operating(system);
  const actor = userInfo().username;
  const begun = await bench.operate({ ...mine, actor, driver: 'first', turn: 'first' });
  expect(begun).toMatchObject({ status: 'waiting' });
  const other = { ...mine, actor: 'grace', driver: 'other' };
  const theirs = await bench.operate({ ...other, turn: 'first' });
  expect(theirs).toMatchObject({ status: 'refused', code: 'under_way' });
  expect(theirs.message).toContain('--take-over');
  const goesOn = await operator('keys rotate --reason again');
  expect(goesOn).toMatchObject({ code: 0, out: expect.stringContaining('is the active dpop key') });
  // The command that was taken over from hears of it, and begins no other rotation.
  const before = (await bench.keys('dpop')).length;
  expect(await bench.operate({ ...mine, actor, driver: 'first', turn: 'later' })).toMatchObject({
    status: 'refused',
    code: 'moved_on',
  });
  expect(await bench.keys('dpop')).toHaveLength(before);
  bench.close();
});

test('a rotation that is given up while its command waits is not begun again', async () => {
  const bench = operating(system);
  const before = (await bench.keys('dpop')).map(({ id }) => id);
  const rotating = operator('keys rotate --wait 60 --reason mistaken');
  await expect
    .poll(async () => (await bench.operate({ action: 'list' })).rotations, { timeout: 20_000 })
    .toMatchObject([{ step: 'published' }]);
  expect((await operator('keys rotate --cancel')).code).toBe(0);
  expect(await rotating).toMatchObject({
    code: 1,
    err: expect.stringContaining('ended the rotation'),
  });
  const living = (await bench.keys('dpop')).filter(
    ({ id, kms }) => !before.includes(id) && kms === 'enabled',
  );
  expect(living).toEqual([]);
  bench.close();
});
