import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newSecret } from '#core/lib/encoding.ts';
import { seal } from '#core/session/seal.ts';
import { loginCookieValue, openTransaction, parseLoginCookie } from '#core/sign-in/transaction.ts';

const aSecret = () => newSecret((size) => randomBytes(size));
const secret = aSecret();
const sound = { verifier: 'v', nonce: 'n', returnTo: '/', keyId: 'arn' };
const opened = (content: unknown, by = secret) =>
  openTransaction(by, { id: 'the-id', sealed: seal(secret, 'the-id', content) });

test('a transaction opens with its own cookie only', () => {
  expect(opened(sound)).toEqual(sound);
  expect(opened(sound, aSecret())).toBeUndefined();
});

test.each<[string, unknown]>([
  ['without a verifier', { ...sound, verifier: undefined }],
  ['with a key that is no text', { ...sound, keyId: 1 }],
  ['with an age that is text', { ...sound, maxAge: '60' }],
  ['that is no object', null],
])('a transaction %s does not open', (_, content) => {
  expect(opened(content)).toBeUndefined();
});

test('a login cookie holds its secret, and the session that began meanwhile', () => {
  const session = aSecret();
  for (const cookie of [{ secret }, { secret, session }]) {
    expect(parseLoginCookie(loginCookieValue(cookie))).toEqual(cookie);
  }
});

test.each([undefined, '', 'short', `${aSecret()}x`, `.${aSecret()}`])(
  'a login cookie of %j is none',
  (value) => {
    expect(parseLoginCookie(value)).toBeUndefined();
  },
);

test('what follows the secret counts only when it is the id of a session', () => {
  expect(parseLoginCookie(`${secret}.<script>`)).toEqual({ secret });
});
