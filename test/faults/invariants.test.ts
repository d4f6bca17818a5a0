// The judge of the runs is judged: each invariant is given a recording that violates it, and one that does not.
import { describe, expect, test } from 'vitest';
import { invariants, violationsIn } from './invariants/index.ts';
import { answers } from './planted/answers.ts';
import {
  arrival,
  exchange,
  leaves,
  lostWrite,
  type Planted,
  recorded,
  renewedTwice,
} from './planted/builders.ts';
import { calls } from './planted/calls.ts';
import { sessions } from './planted/sessions.ts';
import type { Arrival, Recording } from './recording/recording.ts';

const known = { idOf: (user: string) => `id-of-${user}` };
const cases: Planted = { ...sessions, ...calls, ...answers };

const brokenBy = (changes: Partial<Recording>) =>
  violationsIn(recorded(changes), known).map((one) => one.invariant);

describe.each(Object.entries(cases))('%s', (invariant, [violating, allowed]) => {
  test('is seen to be broken', () => {
    expect(brokenBy(violating)).toContain(invariant);
  });

  test('holds where nothing is wrong', () => {
    expect(brokenBy(allowed)).not.toContain(invariant);
  });
});

describe('a fault excuses only what it can have caused', () => {
  test.each<[string, Partial<Recording>]>([
    ['a lost write of another session', { injected: [{ ...lostWrite, session: 'user1-1' }] }],
    ['a read', { injected: [{ ...lostWrite, step: 'GetItem' }] }],
    ['a signature', { injected: [{ ...lostWrite, dependency: 'kms', step: 'Sign' }] }],
    ['the end of a function that renews nothing', { kills: [{ at: 1_060, function: 'keys' }] }],
  ])('a second token call: not %s', (_, changes) => {
    expect(brokenBy({ arrivals: renewedTwice, ...changes })).toContain('one token call per expiry');
  });

  test.each<[string, Partial<Recording>]>([
    ['an API', { injected: [{ ...lostWrite, dependency: 'api', step: 'GET' }] }],
    ['the table', { injected: [lostWrite] }],
    ['the token endpoint', { injected: [{ ...lostWrite, dependency: 'issuer', step: 'token' }] }],
    ['a function of calls', { kills: [{ at: 1_060, function: 'proxy' }] }],
  ])('a sign-out that revokes nothing: not %s', (_, changes) => {
    expect(brokenBy({ exchanges: [leaves], ...changes })).toContain(
      'signing out revokes the tokens',
    );
  });
});

test('a code that came again after a refusal of the client may not come a third time, nor after a lost answer', () => {
  const redemption = { step: 'token authorization_code', code: 'c' };
  const refused = { ...redemption, status: 401, error: 'invalid_client' };
  const invariant = 'no code is redeemed twice';
  const come = (...several: Partial<Arrival>[]) =>
    brokenBy({ arrivals: several.map((one, nth) => arrival({ ...one, proof: `${nth}` })) });
  expect(come(refused, refused)).not.toContain(invariant);
  expect(come(refused, refused, redemption)).toContain(invariant);
  expect(come({ ...refused, delivered: false }, redemption)).toContain(invariant);
  expect(come({ ...redemption, status: 401, error: 'invalid_grant' }, redemption)).toContain(
    invariant,
  );
});

test.each(['issuer_keys', 'kms', 'secrets', 'dynamodb'] as const)(
  'a sign-out during a fault of %s may revoke nothing',
  (dependency) => {
    const injected = [{ ...lostWrite, dependency, step: 'GetItem' }];
    expect(brokenBy({ exchanges: [leaves], injected })).not.toContain(
      'signing out revokes the tokens',
    );
  },
);

test.each(['callback', 'back_channel'] as const)('only a repeated %s may be a replay', (act) => {
  const refused = exchange({ act, status: 400 });
  expect(brokenBy({ exchanges: [refused] })).toContain('nobody is blamed for a fault');
  expect(brokenBy({ exchanges: [{ ...refused, again: true }] })).not.toContain(
    'nobody is blamed for a fault',
  );
});

test.each<[string, Partial<Arrival>]>([
  ['a call', {}],
  ['the claims of a user', { dependency: 'issuer', step: 'userinfo' }],
])('the secret of the client is never shown for %s', (_, changes) => {
  const arrivals = [arrival({ scheme: 'Basic', proof: 'p', ...changes })];
  expect(brokenBy({ arrivals })).toContain('never Bearer');
});

test('every invariant has its case', () => {
  const violated = Object.values(cases).map(([violating]) => recorded(violating));
  const silent = invariants(known).filter((one) => violated.every((it) => one(it).length === 0));
  expect(silent).toEqual([]);
});
