// What changes something needs its target, why, and a yes where it hits people who were not named.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { runOperator, wordsOf } from '#test/support/operator-command.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';

let system: System;
let ada: Visitor;
let local: string;
beforeAll(async () => {
  system = await startSystem({ environment: {}, variables: { BFF_KEY_RING_SECONDS: '0.01' } });
  local = system.gateway.lambdaUrl;
});
beforeEach(async () => {
  await runOperator('sessions revoke --all --yes --reason fresh', { local });
  ada = visitor(system.url);
  await ada.signIn();
});
afterAll(() => system?.close());

const signedIn = async () => (await ada.fetch('/bff/session')).json().authenticated;
const acted = () => system.logs.filter(({ line }) => line.includes('operator.acted')).length;
const activeKey = async () => {
  const { keys } = JSON.parse((await runOperator('keys list --json', { local })).out);
  return keys.find(
    (key: { use: string; state: string }) => key.use === 'dpop' && key.state === 'active',
  ).name;
};

/** The lines that it offers to paste. */
const offered = (err: string) =>
  [...err.matchAll(/^ {2}npm run operator -- (.*)$/gm)].map(([, line = '']) => line);

test.each([
  'keys rotate --reason x',
  'keys rotate --cancel',
  'keys activate mrk-12345678',
  'keys retire mrk-12345678',
  'keys disable mrk-12345678 --now --reason x',
  'keys enable mrk-12345678',
  'keys replicate',
  'sessions revoke --user ada@example.com --reason x',
  'sessions revoke --all --yes --reason x',
])('a script that does not say which system is told to: %s', async (line) => {
  const ran = await runOperator(line);
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.err).toContain('needs --local or --stack <name> (which system). Nothing was changed.');
  expect(offered(ran.err)).toEqual([`${line} --local`, `${line} --stack okta-dpop-bff`]);
});

test.each([
  ['sessions revoke --all', ['--reason', '--yes']],
  ['sessions revoke --key mrk-12345678', ['--reason', '--yes']],
  ['sessions revoke --all --reason incident', ['--yes']],
  ['sessions revoke --user ada@example.com', ['--reason']],
  ["sessions revoke --user ada@example.com --reason ' '", ['--reason']],
  ['sessions revoke --session abcdefgh', ['--reason']],
  ['keys disable mrk-12345678 --now', ['--reason']],
])('%s of a script changes nothing without %j', async (line, flags) => {
  const before = acted();
  const ran = await runOperator(line, { local });
  expect(ran).toMatchObject({ code: 2, out: '' });
  for (const flag of flags) expect(ran.err).toContain(flag);
  expect(offered(ran.err)).toHaveLength(1);
  expect(acted()).toBe(before);
  expect(await signedIn()).toBe(true);
});

test('a line that is pasted without a reason in its gap changes nothing, and offers the same line', async () => {
  const { err } = await runOperator('sessions revoke --user ada@example.com', { local });
  const [line = ''] = offered(err);
  expect(line).toContain("--reason '<why>'");
  const before = acted();
  const pasted = await runOperator(line);
  expect(pasted).toMatchObject({ code: 2, err: expect.stringContaining('needs --reason') });
  expect(offered(pasted.err)).toEqual([line]);
  expect(acted()).toBe(before);
  expect(await signedIn()).toBe(true);
});

test('a gap that is pasted at a terminal is asked for, also where no reason is needed', async () => {
  const ran = await runOperator("keys rotate --cancel --reason '<why>'", { local, answers: [''] });
  expect(ran).toMatchObject({ code: 2, asked: [expect.stringContaining('Why?')] });
});

test('what it offers to paste does it, with a reason in the gap', async () => {
  const [line = ''] = offered((await runOperator('sessions revoke --all', { local })).err);
  expect(line).toContain('--yes');
  expect(await runOperator(line.replace('<why>', 'incident'))).toMatchObject({
    code: 0,
    out: '1 session ended.\n',
  });
  expect(await signedIn()).toBe(false);
});

test('with --json, what is missing is in fields', async () => {
  const ran = await runOperator('sessions revoke --all --json');
  expect(ran).toMatchObject({ code: 2, err: '' });
  expect(JSON.parse(ran.out)).toMatchObject({
    status: 'refused',
    code: 'incomplete',
    missing: ['reason', 'target', 'yes'],
    commands: [
      expect.stringContaining('--local'),
      expect.stringContaining('--stack okta-dpop-bff'),
    ],
  });
  expect((await runOperator('sessions revoke --all --json', { answers: ['y'] })).asked).toEqual([]);
});

test('a dry run needs none of it', async () => {
  expect(await runOperator('sessions revoke --all --dry-run', { local })).toMatchObject({
    code: 0,
  });
  expect(await signedIn()).toBe(true);
});

test('at a terminal, why and yes are asked for, after what would happen', async () => {
  const no = await runOperator('sessions revoke --all', { local, answers: ['incident', 'n'] });
  expect(no.asked[0]).toContain('Why?');
  expect(no.asked[1]).toBe('Would end 1 session.\nDo it? [y/N] ');
  expect(no).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was changed.\n') });
  expect(await signedIn()).toBe(true);
  const enter = await runOperator('sessions revoke --all --reason x', { local, answers: [''] });
  expect(enter.code).toBe(1);
  expect(await signedIn()).toBe(true);
  const unsaid = await runOperator('sessions revoke --all', { local, answers: [' '] });
  expect(unsaid.code).toBe(2);

  const yes = await runOperator('sessions revoke --all', { local, answers: ['incident', 'y'] });
  expect(yes).toMatchObject({ code: 0, out: '1 session ended.\n' });
  expect(await signedIn()).toBe(false);
  expect(system.logs.map(({ line }) => line).join()).toContain('"reason":"incident"');
});

test('at a terminal, the kill switch says what it does before it does it', async () => {
  const key = await activeKey();
  const line = `keys disable ${key} --now --reason leaked`;
  const no = await runOperator(line, { local, answers: ['n'] });
  expect(no.asked).toEqual([
    expect.stringMatching(
      /^Would disable the active dpop key mrk-\w{8} at once and end \d+ sessions? at most\. No dpop key would be active: nobody could sign in/,
    ),
  ]);
  expect(await activeKey()).toBe(key);
  expect(await signedIn()).toBe(true);
  const wrong = await runOperator('keys disable mrk-00000000 --now --reason x', {
    local,
    answers: [],
  });
  expect(wrong).toMatchObject({
    code: 1,
    asked: [],
    err: expect.stringContaining(`There are: ${key}`),
  });
  const yes = await runOperator(`${line} --yes`, { local, answers: [] });
  expect(yes).toMatchObject({ code: 0, asked: [] });
  expect(await signedIn()).toBe(false);
  expect((await runOperator(`keys enable ${key}`, { local })).code).toBe(0);
});

test('a script says with --now that it means the kill switch', async () => {
  const key = await activeKey();
  const ran = await runOperator(`keys disable ${key} --now --reason leaked`, { local });
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('no longer signs') });
  expect((await runOperator(`keys enable ${key}`, { local })).code).toBe(0);
});

test('at a terminal, a system that was not named is asked for, and no answer is no', async () => {
  const ran = await runOperator('keys rotate --reason x', { answers: [''] });
  expect(ran.asked).toEqual([
    expect.stringMatching(/Which system\?|the stack okta-dpop-bff in AWS/),
  ]);
  expect(ran.code).toBe(2);
  expect(wordsOf(offered(ran.err)[0] ?? '')).toContain('--local');
});
