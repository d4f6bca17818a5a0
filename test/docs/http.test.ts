// docs/http.md and docs/limits.md say what the code does.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorCodes, statusOf } from '#core/errors.ts';
import { mostBytes, waitsMs } from '#core/limits.ts';
import { loginParameters } from '#core/sign-in/parameters.ts';
import { parseConfig } from '#shared/config/parse.ts';

const http = await readFile('docs/http.md', 'utf8');
const limits = await readFile('docs/limits.md', 'utf8');

/** The rows of the table below a heading, by cells. */
function rows(text: string, heading: string): string[][] {
  const [, after = ''] = text.split(`\n${heading}\n`);
  return (after.split('\n#')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '').trim()));
}
const word = (cell = '') => cell.replaceAll('`', '');

describe('docs/http.md', () => {
  test('lists every endpoint with its methods, and no other', async () => {
    const sources = await Promise.all(
      ['functions/auth.ts', 'functions/machine.ts'].map((file) => readFile(file, 'utf8')),
    );
    const served = sources.flatMap((source) =>
      [...source.matchAll(/^ +'(\/bff\/[\w/-]+)': \{ (.*) \},$/gm)].map(
        ([, path, handlers = '']) =>
          `${[...handlers.matchAll(/([A-Z]+): /g)].map(([, method]) => method).join(', ')} ${path}`,
      ),
    );
    expect(served.length).toBeGreaterThan(8);
    const told = [...http.matchAll(/^### (.*)$/gm)].map(([, title]) => title);
    expect(told.sort()).toEqual([...served, 'ANY /bff/api/*'].sort());
  });

  test('lists every error code with its status, and no other', () => {
    const told = rows(http, '## Errors').map(([code, status]) => [word(code), Number(status)]);
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(errorCodes.map((code: ErrorCode) => [code, statusOf(code)])),
    );
  });

  test('names for each code endpoints that exist', () => {
    const known = [
      'all',
      'api',
      ...[...http.matchAll(/^### .*\/bff\/([\w/-]+)$/gm)].map(([, name]) => name),
    ];
    for (const [code, , at = ''] of rows(http, '## Errors')) {
      expect(
        at.split(', ').filter((name) => !known.includes(name)),
        code,
      ).toEqual([]);
    }
  });

  test('lists every parameter of a sign-in, and no other', () => {
    const told = rows(http, '### GET /bff/login').map(([name]) => word(name));
    expect(told.sort()).toEqual([...loginParameters].sort());
  });

  test('shows a session with the fields that it has', async () => {
    const source = await readFile('functions/auth.ts', 'utf8');
    const [, answered = ''] = /\{\s*(authenticated: true,.*?)\n +\},/s.exec(source) ?? [];
    const fields = [...answered.matchAll(/^\s*(\w+): /gm)].map(([, name]) => name);
    const [, after = ''] = http.split('### GET /bff/session');
    const shown = JSON.parse(/```json\n([^`]*)```/.exec(after)?.[1] ?? '');
    expect(Object.keys(shown).sort()).toEqual(fields.sort());
  });

  test('names the headers that the code looks for and sends', async () => {
    for (const [file, header] of [
      ['shared/http/origin.ts', 'x-bff-csrf'],
      ['shared/http/answers.ts', 'x-bff-answer'],
    ] as const) {
      expect(await readFile(file, 'utf8')).toContain(`'${header}'`);
      expect(http.toLowerCase()).toContain(header);
    }
  });
});

describe('docs/limits.md', () => {
  const { session, streams } = parseConfig(
    { issuer: 'https://a.example', clientId: 'a', publicOrigin: 'https://b.example' },
    'deployed',
  );
  const bytes = (number: number) => `${number.toLocaleString('en-US')} bytes`;
  const seconds = (ms: number) => `${ms / 1000} s`;

  test.each([
    ['body to an API', bytes(mostBytes.body)],
    ['body from an API, buffered', bytes(mostBytes.body)],
    ['body to any other endpoint', bytes(mostBytes.endpoint)],
    ["headers of an API's answer", bytes(mostBytes.headers)],
    ['answer to a call', seconds(waitsMs.answer)],
    ['API, from the call to its answer', seconds(waitsMs.upstream)],
    ["waiting for another call's renewal", seconds(waitsMs.otherRenewal)],
    ['token endpoint, in a renewal', seconds(waitsMs.refresh)],
    ['stream', `${streams.maxSeconds} s`],
    ['streams of one session', `${streams.maxPerSession} `],
    ['session, unused', `${session.idleMinutes} min`],
    ['session, whatever happens', `${session.absoluteHours} h`],
  ])('%s: %s', (what, limit) => {
    const line = limits.split('\n').find((text) => text.startsWith(`| ${what} |`));
    expect(line?.split(' | ')[1]).toMatch(new RegExp(`^${limit}`));
  });
});
