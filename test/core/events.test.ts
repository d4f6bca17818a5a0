import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { events, type LogEvent, type MetricName } from '#core/events.ts';
import { errorCode, errorName, words } from '#core/lib/plain.ts';
import { root } from '#infra/bundle.ts';

const catalogue = join('shared', 'core', 'events.ts');
const sources = new Map(
  globSync(['shared/**/*.ts', 'functions/**/*.ts'], { cwd: root })
    .filter((file) => file !== catalogue)
    .map((file) => [file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')]),
);

test('every event of the catalogue is written by somebody', () => {
  const text = [...sources.values()].join('\n');
  expect(Object.keys(events).filter((name) => !text.includes(`'${name}'`))).toEqual([]);
});

/** Who may call a text plain, and why it is. */
const callers: Record<string, string> = {
  'functions/keys.ts': 'the audit record holds what the operator wrote for it',
  'shared/core/issuer/issuer.ts': 'the faults of metadata are our own words',
  'shared/core/issuer/security-event.ts': 'a claim that we named, and a fixed word of jose',
  'shared/core/keys/rotation/rotate.ts': 'the audit record holds what the operator wrote for it',
  'shared/core/keys/signatures/compare.ts': 'the beginning of a key’s id, and a Region',
  'shared/core/proxy/trace.ts': 'the id of a trace is 32 hexadecimal digits',
  'shared/core/proxy/url/route-table.ts': 'the pattern of a route is configuration',
  'shared/core/proxy/url/target.ts': 'the method is one of the route’s',
  'shared/core/sign-in/refused.ts': 'the code of an error is one of our table',
  'shared/log.ts': 'the message of a BrokerError is our own words',
  'shared/report-signatures.ts': 'the beginning of a key’s id, and a Region',
};

test('text becomes loggable in few places, each with a reason', () => {
  const where = (what: RegExp) =>
    [...sources].filter(([, text]) => what.test(text)).map(([file]) => file);
  const imported = /import \{[^}]*\bplain\b[^}]*\} from '#core\/lib\/plain\.ts'/;
  expect(where(imported).sort()).toEqual(Object.keys(callers).sort());
  expect(where(/\bas (unknown as )?Plain\b/)).toEqual(['shared/core/lib/plain.ts']);
});

test('unknown events, unknown fields and strings from outside do not compile', () => {
  const log: LogEvent = () => {};
  const fromOutside: string = 'eyJhbGciOiJSUzI1NiJ9';
  log('login.completed');
  log('login.rejected', { code: 'access_denied' });
  log('login.untrusted', { reason: words`status ${400}` });
  // @ts-expect-error: no such event
  log('login.failed');
  // @ts-expect-error: a field that the event does not have
  log('login.completed', { user: 'ada' });
  // @ts-expect-error: a field is missing
  log('session.ended', {});
  // @ts-expect-error: fields are missing
  log('session.ended');
  // @ts-expect-error: not one of the reasons
  log('session.ended', { why: 'bored' });
  // @ts-expect-error: a string may hold anything
  log('login.untrusted', { reason: fromOutside });
  // @ts-expect-error: neither may it stand between our own words
  log('login.untrusted', { reason: words`token ${fromOutside}` });
  // @ts-expect-error: only failures that were answered are failures (shared/log.ts)
  log('request.failed', { code: 'internal' });
  const names: MetricName[] = [
    'login.completed',
    'proxy.completed.5xx',
    'proxy.completed.signerMs',
    'failed.csrf',
    // @ts-expect-error: nobody counts the event under its own name
    'request.failed',
    // @ts-expect-error: no such error
    'failed.unknown',
    // @ts-expect-error: a field that is not measured
    'proxy.completed.tokenMs',
    // @ts-expect-error: the event has no status
    'login.completed.2xx',
  ];
  expect(names).toHaveLength(8);
});

test('the name or code of a foreign error is logged only if it is an identifier', () => {
  const named = (name: unknown) => Object.assign(new Error('m'), { name, code: name });
  expect(errorName(new TypeError('m'))).toBe('TypeError');
  expect(errorCode(named('ERR_JWT_EXPIRED'))).toBe('ERR_JWT_EXPIRED');
  for (const name of ['', 'a token: x', 'eyJ.'.repeat(30), undefined, 7]) {
    expect([errorName(named(name)), errorCode(named(name))]).toEqual(['Error', 'unreadable']);
  }
  expect([errorName('text'), errorName(undefined)]).toEqual(['string', 'undefined']);
  expect([errorCode(undefined), errorCode(null), errorCode('x')]).toEqual(
    Array(3).fill('unreadable'),
  );
});
