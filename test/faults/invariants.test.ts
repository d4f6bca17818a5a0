// The judge of the runs is judged: each invariant is given a recording that violates it, and one that does not.
import { describe, expect, test } from 'vitest';
import { invariants, violationsIn } from './invariants/index.ts';
import { emptyRecording } from './recording/recorder.ts';
import type { Arrival, Exchange, Recording, SessionRecorded } from './recording/recording.ts';

const known = { idOf: (user: string) => `id-of-${user}` };

const exchange = (changes: Partial<Exchange> = {}): Exchange => ({
  id: 'get-1',
  act: 'get',
  user: 'user0',
  session: 'user0-1',
  method: 'GET',
  path: '/bff/api/own/echo',
  from: 1_000,
  to: 1_100,
  status: 200,
  ...changes,
});

const arrival = (changes: Partial<Arrival> = {}): Arrival => ({
  dependency: 'api',
  step: 'GET',
  from: 1_010,
  to: 1_050,
  method: 'GET',
  path: '/echo',
  acted: true,
  status: 200,
  delivered: true,
  ...changes,
});

const renewal = (changes: Partial<Arrival> = {}) =>
  arrival({
    dependency: 'issuer',
    step: 'token refresh_token',
    method: 'POST',
    session: 'user0-1',
    audience: 'api',
    proof: `proof-${changes.from}`,
    expiresIn: 4,
    ...changes,
  });

const session = (changes: Partial<SessionRecorded> = {}): SessionRecorded => ({
  name: 'user0-1',
  user: 'user0',
  from: 500,
  endings: [],
  ...changes,
});

const recorded = (changes: Partial<Recording>): Recording => ({
  ...emptyRecording(),
  sessions: [session()],
  ...changes,
});

const post = { method: 'POST', step: 'POST', path: '/mirror', call: 'post-1' };
const signedOut = { why: 'signed out', begun: 600, confirmed: 700 };
const lostWrite = {
  at: 1_060,
  dependency: 'dynamodb',
  step: 'UpdateItem',
  nth: 0,
  fault: 'reset_before',
  session: 'user0-1',
} as const;
const renewedTwice = [renewal({ from: 1_000, to: 1_050 }), renewal({ from: 1_100, to: 1_150 })];
const leaves = exchange({ act: 'sign_out', status: 204 });
const lost = exchange({ status: 401, code: 'session_expired' });

/** A recording that violates it, and the nearest one that does not. */
const cases: Record<string, [violating: Partial<Recording>, allowed: Partial<Recording>]> = {
  'no session is lost': [
    { exchanges: [lost] },
    { exchanges: [lost], sessions: [session({ endings: [{ why: 'signed out', begun: 900 }] })] },
  ],
  'no session outlives its end': [
    { exchanges: [exchange()], sessions: [session({ endings: [signedOut] })] },
    { exchanges: [exchange({ from: 650 })], sessions: [session({ endings: [signedOut] })] },
  ],
  'no stream outlives its session': [
    {
      exchanges: [exchange({ act: 'stream', from: 650, to: 40_000 })],
      sessions: [session({ endings: [signedOut] })],
    },
    {
      exchanges: [exchange({ act: 'stream', from: 650, to: 2_000 })],
      sessions: [session({ endings: [signedOut] })],
    },
  ],
  'signing out revokes the tokens': [
    { exchanges: [leaves] },
    {
      exchanges: [leaves],
      arrivals: [arrival({ dependency: 'issuer', step: 'revoke', session: 'user0-1' })],
    },
  ],
  'a bound session needs its device': [
    {
      exchanges: [
        exchange({ act: 'register_device', from: 800, to: 900 }),
        exchange({ act: 'without_device' }),
      ],
    },
    {
      exchanges: [
        exchange({ act: 'register_device', from: 800, to: 1_050 }),
        exchange({ act: 'without_device' }),
      ],
    },
  ],
  'signing out everywhere finds the sessions': [
    {
      exchanges: [exchange({ act: 'universal_logout', status: 404 })],
      sessions: [session({ endings: [{ why: 'universal logout', begun: 1_000 }] })],
    },
    {
      exchanges: [exchange({ act: 'universal_logout', status: 404 })],
      sessions: [session({ endings: [signedOut, { why: 'universal logout', begun: 1_000 }] })],
    },
  ],
  'nothing unsafe is sent twice': [
    {
      arrivals: [
        arrival({ ...post, fault: 'reset_before', acted: false, delivered: false }),
        arrival({ ...post, from: 1_020 }),
      ],
    },
    {
      arrivals: [
        arrival({ ...post, status: 401, error: 'use_dpop_nonce' }),
        arrival({ ...post, from: 1_020 }),
      ],
    },
  ],
  'nothing unsafe is done twice': [
    { arrivals: [arrival(post), arrival({ ...post, from: 1_020 })] },
    { arrivals: [arrival(post), arrival({ ...post, call: 'post-2' })] },
  ],
  'no code is redeemed twice': [
    {
      arrivals: [1, 2].map((nth) =>
        arrival({ step: 'token authorization_code', code: 'c', proof: `${nth}` }),
      ),
    },
    { arrivals: [arrival({ step: 'token authorization_code', code: 'c', proof: 'p' })] },
  ],
  'no proof is used twice': [
    { arrivals: [arrival({ proof: 'p' }), arrival({ proof: 'p' })] },
    { arrivals: [arrival({ proof: 'p' }), arrival({ proof: 'q' })] },
  ],
  'no assertion is used twice': [
    { arrivals: [arrival({ assertion: 'a' }), arrival({ assertion: 'a' })] },
    { arrivals: [arrival({ assertion: 'a' }), arrival({ assertion: 'b' })] },
  ],
  'never Bearer': [
    { arrivals: [arrival({ scheme: 'Bearer', proof: 'p' })] },
    { arrivals: [arrival({ scheme: 'DPoP', proof: 'p' })] },
  ],
  'tokens are asked for with a proof': [
    { arrivals: [arrival({ step: 'token refresh_token' })] },
    { arrivals: [arrival({ step: 'token refresh_token', proof: 'p' })] },
  ],
  'every call has its own token': [
    { exchanges: [exchange()], arrivals: [arrival({ call: 'get-1', session: 'user1-1' })] },
    { exchanges: [exchange()], arrivals: [arrival({ call: 'get-1', session: 'user0-1' })] },
  ],
  'one renewal at a time': [
    { arrivals: [renewal({ from: 1_000, to: 1_500 }), renewal({ from: 1_400, to: 1_600 })] },
    {
      arrivals: [
        renewal({ from: 1_000, to: 1_300, status: 500 }),
        renewal({ from: 1_400, to: 1_600 }),
      ],
    },
  ],
  'one token call per expiry': [
    { arrivals: renewedTwice },
    { arrivals: renewedTwice, injected: [lostWrite] },
  ],
  'nobody sees somebody else’s data': [
    { exchanges: [exchange({ sub: 'id-of-user1', echoed: 'get-1' })] },
    { exchanges: [exchange({ sub: 'id-of-user0', echoed: 'get-1' })] },
  ],
  'no answer takes half a minute': [
    { exchanges: [exchange({ to: 31_000 })] },
    { exchanges: [exchange({ to: 29_000 })] },
  ],
  'no internal error': [
    { exchanges: [exchange({ status: 500, code: 'internal' })] },
    { exchanges: [exchange({ status: 500 })], kills: [{ at: 1_050, function: 'proxy' }] },
  ],
  'everybody is answered': [
    { exchanges: [(({ status: _, ...dead }) => dead)(exchange())] },
    { exchanges: [exchange({ status: 502 })] },
  ],
  '503 says when to come back': [
    { exchanges: [exchange({ status: 503 })] },
    { exchanges: [exchange({ status: 503, retryAfter: '2' })] },
  ],
  'nobody is blamed for a fault': [
    { exchanges: [exchange({ act: 'callback', status: 400 })] },
    { exchanges: [exchange({ act: 'callback', status: 302 })] },
  ],
  'failures are known': [
    { exchanges: [exchange({ status: 501 })] },
    { exchanges: [exchange({ status: 504 })] },
  ],
  'stolen proofs open nothing': [
    { exchanges: [exchange({ act: 'stolen_proof' })] },
    { exchanges: [exchange({ act: 'stolen_proof', status: 401 })] },
  ],
  'everything recovers': [
    { recoveries: [{ since: 0, who: 'user0', what: 'a call', well: false }] },
    { recoveries: [{ since: 0, who: 'user0', what: 'a call', well: true }] },
  ],
  'nothing secret is printed': [
    {
      lines: ['{"message":"request.failed","reason":"rt-AAAABBBBCCCC"}'],
      secrets: new Map([['rt-AAAABBBBCCCC', 'refresh_token']]),
    },
    { lines: ['{"message":"request.failed","reason":"the session is missing"}'] },
  ],
  'no fault looks like an attack': [
    { lines: ['{"message":"refresh.untrusted","reason":"iss is another"}'] },
    { lines: ['{"message":"refresh.failed","status":503}'] },
  ],
};

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

test('every invariant has its case', () => {
  const violated = Object.values(cases).map(([violating]) => recorded(violating));
  const silent = invariants(known).filter((one) => violated.every((it) => one(it).length === 0));
  expect(silent).toEqual([]);
});
