import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/system.ts';
import { parseCommand } from '#infra/operator/arguments.ts';
import { runCommand } from '#infra/operator/command.ts';
import { visitor } from '#test/support/visitor.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ environment: {}, variables: { BFF_KEY_RING_SECONDS: '0.01' } });
});
afterAll(() => system?.close());

async function operator(line: string) {
  const said = { out: '', err: '' };
  const into = (stream: 'out' | 'err') => (text: string) => {
    said[stream] += text;
  };
  const args = [...line.split(' '), '--local', system.gateway.lambdaUrl];
  const code = await runCommand(args, {
    out: into('out'),
    err: into('err'),
    interactive: false,
    now: Date.now,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 100))),
  });
  return { code, ...said };
}
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
  expect(await operator('sessions revoke --user ada@example.com')).toMatchObject({
    code: 0,
    out: '1 session ended.\n',
  });
  expect((await ada.fetch('/bff/session')).json()).toEqual({ authenticated: false });
});

test('of two who rotate at once one does, and sees what it waits for; the other is told of it', async () => {
  const before = (await json('keys list')).keys.length;
  const ran = await Promise.all(
    ['ada', 'grace'].map((who) => operator(`keys rotate --wait 1 --reason of-${who}`)),
  );
  const [won, lost] = ran.toSorted((a, b) => a.code - b.code);
  expect(won).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^mrk-\w{8} is the active dpop key\./),
    err: expect.stringMatching(/\n\nmrk-\w{8} rests until all of KMS knows it: .* UTC\.\n$/),
  });
  expect(lost).toMatchObject({ code: 1, out: '' });
  expect(lost?.err).toMatch(
    /refused: (A rotation of the dpop key is under way: by .* \(of-(ada|grace)\), .* taken over in \d+ s\.|Somebody else went on with the rotation)/,
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

test.each([
  ['', 'help'],
  ['keys explode', 'there is no command keys explode: keys list, keys rotate, keys activate,'],
  ['sessions', 'there is no command sessions: sessions list, sessions revoke'],
  ['explode', 'there is no command explode: status, keys list'],
  ['keys retire', 'keys retire needs one key'],
  ['keys disable mrk-12345678', 'say --now if you mean it'],
  ['keys list --user x', '--user means nothing to keys list'],
  ['sessions revoke', 'say whose sessions'],
  ['sessions revoke --all --key x', 'do not go together'],
  ['keys rotate --use both', '--use must be dpop or assertion'],
  ['keys rotate --wait soon', '--wait must be a whole number from 0 to 86400'],
  ['keys rotate --wait 86401', '--wait must be a whole number from 0 to 86400'],
  ['keys rotate --older-than 3651', '--older-than must be a whole number from 0 to 3650'],
  ['keys retire mrk-12345678 --bake 3651', '--bake must be a whole number from 0 to 3650'],
  ['keys retire mrk-12345678 --window 6', '--window must be a whole number from 7 to 30'],
  ['status --local --region eu-west-1', '--region and --profile mean nothing to --local'],
  ['status --stack a --function b', '--local, --function and --stack do not go together'],
  ['keys list --local http://example.com', 'must be an address on this machine'],
  ['keys list --frobnicate', 'unknown option'],
])('%j: %s', (line, sentence) => {
  const parse = () => parseCommand(line.split(' ').filter(Boolean));
  if (sentence === 'help') expect(parse()).toBe('help');
  else expect(parse).toThrow(sentence);
});

test('wrong calls end with 2, what is refused or not there with 1', async () => {
  expect((await operator('keys explode')).code).toBe(2);
  expect((await operator('keys retire mrk-00000000')).code).toBe(1);
});
