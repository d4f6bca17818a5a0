import { expect, test } from 'vitest';
import type { AccessTokenHash, KeyArn, SessionId, SessionSecret } from '#core/brands.ts';
import { athOf } from '#core/dpop/proof.ts';
import { sessionIdOf } from '#core/session/session.ts';
import { keyArn, sessionSecret } from '#test/support/brands.ts';

/** The lines below are never run. They are judged by `npm run types`: each must not compile. */
function mixedUp(secret: SessionSecret, id: SessionId, ath: AccessTokenHash, arn: KeyArn): unknown {
  // @ts-expect-error an id does not open a session
  const opens: SessionSecret = id;
  // @ts-expect-error a secret must not become a key of the table
  const names: SessionId = secret;
  // @ts-expect-error the hash of a token names no session
  const named: SessionId = ath;
  // @ts-expect-error a session's id is no hash of a token
  const hash: AccessTokenHash = id;
  // @ts-expect-error a session's id names no key
  const key: KeyArn = id;
  // @ts-expect-error a key is no session
  const session: SessionId = arn;
  // @ts-expect-error a plain string is none of them
  const plain: SessionId = 'text';
  return [opens, names, named, hash, key, session, plain, mixedUp];
}

test('session secrets, session ids, token hashes and key ARNs are never mixed, and are plain strings', () => {
  const secret = sessionSecret('A'.repeat(43));
  expect(mixedUp).toBeTypeOf('function');
  expect(
    [secret, sessionIdOf(secret), athOf('token'), keyArn('arn:key')].map((one) => typeof one),
  ).toEqual(Array(4).fill('string'));
});
