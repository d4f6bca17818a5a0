import { calculateJwkThumbprint, type JWK } from 'jose';
import { expect, test } from 'vitest';
import { running } from '#test/support/running.ts';

const run = running();

test('the keys of client assertions are public and cacheable, and none of them signs proofs', async () => {
  const answer = await run.someone().send('/bff/jwks');
  expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=300']);
  expect(answer.cookies).toEqual([]);
  const { keys } = answer.json<{ keys: JWK[] }>();
  expect(keys).toHaveLength(1);
  for (const key of keys) {
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(key.kid).toBe(await calculateJwkThumbprint(key));
  }
  await run.signedIn();
  const proofs = run.okta.events.list().flatMap(({ proof }) => proof?.jkt ?? []);
  expect(proofs).not.toEqual([]);
  for (const { kid } of keys) expect(proofs).not.toContain(kid);
});
