import { expect, test } from 'vitest';
import { parseCommand } from '#infra/operator/arguments.ts';
import { flagsOf } from '#infra/operator/where.ts';
import { runOperator, wordsOf } from '#test/support/operator-command.ts';
import manifest from '../../../package.json' with { type: 'json' };

test.each([
  ['keys explode', 'there is no command keys explode: keys list, keys rotate, keys activate,'],
  ['keys', 'say what to do: keys list, keys rotate, keys activate,'],
  ['sessions', 'say what to do: sessions list, sessions revoke'],
  ['explode', 'there is no command explode: status, keys list'],
  ['keys rotte', 'there is no command keys rotte; did you mean keys rotate?'],
  ['key list', 'there is no command key list; did you mean keys list?'],
  ['kyes list', 'did you mean keys list?'],
  ['statsu', 'did you mean status?'],
  ['doctor', 'the doctor is a command of its own: npm run doctor'],
  ['doctor --local', 'the doctor is a command of its own: npm run doctor'],
  ['session revoke --all', 'did you mean sessions revoke?'],
  ['keys retire', 'keys retire needs one key, as keys list names it'],
  ['keys disable mrk-12345678', 'add --now if you mean it'],
  ['keys list --user x', '--user has no effect on keys list'],
  ['sessions revoke', 'say whose sessions'],
  ['sessions revoke --all --key x', 'do not go together'],
  ['sessions revoke --session x', '--session must be an id as sessions list shows it'],
  ['sessions revoke --user', '--user needs a value'],
  ['sessions revoke --user --json', '--user needs a value'],
  ['keys rotate --use both', '--use must be dpop or assertion'],
  ['keys rotate --wait soon', '--wait must be a whole number from 0 to 86400'],
  ['keys rotate --wait -5', '--wait must be a whole number from 0 to 86400'],
  ['keys rotate --wait 86401', '--wait must be a whole number from 0 to 86400'],
  ['keys rotate --older-than 3651', '--older-than must be a whole number from 0 to 3650'],
  ['keys retire mrk-12345678 --bake 3651', '--bake must be a whole number from 0 to 3650'],
  ['keys retire mrk-12345678 --window 6', '--window must be a whole number from 7 to 30'],
  ['signatures --hours 0', '--hours must be a whole number from 1 to 336'],
  ['signatures --hours 337', '--hours must be a whole number from 1 to 336'],
  ['status --local --region eu-west-1', '--region and --profile mean nothing to --local'],
  ['status --stack a --function b', '--local, --function and --stack do not go together'],
  ['keys list --local http://example.com', 'must be a port or an address on this machine'],
  ['keys list --local example.com:3002', 'must be a port or an address on this machine'],
  ['keys list --local 99999', 'must be a port or an address on this machine'],
  ['keys list --frobnicate', 'unknown option --frobnicate'],
  ['keys rotate --reson yearly', 'unknown option --reson; did you mean --reason?'],
  ['keys rotate --dryrun', 'did you mean --dry-run?'],
  ['keys list --json=yes', '--json takes no value'],
  ['keys list mrk-12345678', 'keys list does not know what to do with mrk-12345678'],
])('%j is refused: %s', (line, sentence) => {
  expect(() => parseCommand(wordsOf(line))).toThrow(sentence);
});

test.each(['', 'help', '--help', 'keys rotate -h', 'help keys'])(
  '%j asks for help',
  async (line) => {
    expect(await runOperator(line)).toMatchObject({
      code: 0,
      out: expect.stringContaining('keys rotate '),
      err: '',
    });
  },
);

test('--version says which one this is', async () => {
  expect(await runOperator('--version')).toMatchObject({
    code: 0,
    out: `okta-dpop-bff ${manifest.version}\n`,
  });
});

test.each([
  ['', 'http://127.0.0.1:3002'],
  ['3412', 'http://127.0.0.1:3412'],
  ['127.0.0.1:3412', 'http://127.0.0.1:3412'],
  ['localhost:3412', 'http://localhost:3412'],
  ['[::1]:3412', 'http://[::1]:3412'],
  ['localhost', 'http://localhost:3002'],
  ['http://127.0.0.1:3412/', 'http://127.0.0.1:3412'],
  ['http://localhost:80', 'http://localhost'],
])('--local %s is %s', (given, url) => {
  for (const line of [`status --local ${given}`, `--local ${given} status`]) {
    expect(parseCommand(wordsOf(line))).toMatchObject({ where: { kind: 'local', url } });
  }
  expect(parseCommand(['status', ...flagsOf({ kind: 'local', url })])).toMatchObject({
    where: { kind: 'local', url },
  });
});

test('a word after --local that names no place stays a word of the command', () => {
  const event = { action: 'retire', key: 'mrk-1a2b3c4d' };
  expect(parseCommand(wordsOf('keys retire --local mrk-1a2b3c4d'))).toMatchObject({ event });
});

test('a wrong call gets one sentence, and where to read on', async () => {
  expect((await runOperator('kyes list')).err).toBe(
    'error: there is no command kyes list; did you mean keys list? See npm run operator -- --help\n',
  );
  expect((await runOperator('keys retire')).err).toBe(
    'error: keys retire needs one key, as keys list names it. See npm run operator -- --help\n',
  );
});

test('with --json, a wrong call is JSON as well', async () => {
  const wrong = await runOperator('keys rotte --json');
  expect(wrong).toMatchObject({ code: 2, err: '' });
  expect(JSON.parse(wrong.out)).toEqual({
    status: 'refused',
    code: 'usage',
    message: 'there is no command keys rotte; did you mean keys rotate?',
  });
});
