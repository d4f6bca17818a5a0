import { expect, test } from 'vitest';
import { nonceCache, nonceIn } from '#core/dpop/nonces.ts';

const server = new URL('https://acme.okta.example/oauth2/v1/token');
const silent = { log: () => {} };
const answer = (nonce: string) => new Headers({ 'dpop-nonce': nonce });

test('a nonce of the authorization server is never used at an API on the same origin', () => {
  const nonces = nonceCache();
  nonces.learn(silent, 'as', server, answer('for-tokens'));
  expect(nonces.get('as', server)).toBe('for-tokens');
  expect(nonces.get('rs', server)).toBeUndefined();
});

test('the newest nonce of an answer replaces the one before', () => {
  const nonces = nonceCache();
  expect(nonces.learn(silent, 'rs', server, answer('one'))).toBe('rs|https://acme.okta.example');
  expect(nonces.learn(silent, 'rs', server, answer('one'))).toBeUndefined();
  expect(nonces.learn(silent, 'rs', server, answer('two'))).toBe('rs|https://acme.okta.example');
  expect(nonces.get('rs', server)).toBe('two');
});

test('what is stored beside a session fills gaps and replaces nothing', () => {
  const nonces = nonceCache();
  nonces.learn(silent, 'rs', server, answer('fresh'));
  nonces.seed({ 'rs|https://acme.okta.example': 'old', 'as|https://acme.okta.example': 'stored' });
  expect(nonces.get('rs', server)).toBe('fresh');
  expect(nonces.get('as', server)).toBe('stored');
});

test('two DPoP-Nonce headers, or one with characters outside NQCHAR, are ignored', () => {
  const two = new Headers();
  two.append('dpop-nonce', 'a');
  two.append('dpop-nonce', 'b');
  expect(nonceIn(two)).toBeUndefined();
  for (const bad of ['with space', 'quo"te', 'back\\slash', 'x'.repeat(1025)]) {
    expect(nonceIn(answer(bad)), bad).toBeUndefined();
  }
  expect(nonceIn(answer("opaque,!#[]^_`{|}~'"))).toBe("opaque,!#[]^_`{|}~'");
});

test('an ignored nonce is logged without a word of it', () => {
  const events: unknown[] = [];
  const nonces = nonceCache();
  const context = { log: (...event: unknown[]) => void events.push(event) };
  nonces.learn(context, 'rs', server, new Headers());
  nonces.learn(context, 'rs', server, answer('fine'));
  expect(events).toEqual([]);
  nonces.learn(context, 'rs', server, answer('not, fine'));
  nonces.learn(context, 'as', server, answer(''));
  expect(events).toEqual([
    ['nonce.malformed', { role: 'rs' }],
    ['nonce.malformed', { role: 'as' }],
  ]);
  expect(nonces.get('rs', server)).toBe('fine');
});

test('an environment keeps a bounded number of nonces', () => {
  const nonces = nonceCache();
  for (let i = 0; i < 500; i++)
    nonces.learn(silent, 'rs', new URL(`https://h${i}.example`), answer('n'));
  expect(nonces.get('rs', new URL('https://h0.example'))).toBeUndefined();
  expect(nonces.get('rs', new URL('https://h499.example'))).toBe('n');
});
