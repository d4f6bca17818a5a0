// The parts of a recording in which a violation is planted.
import { emptyRecording } from '#test/faults/recording/recorder.ts';
import type {
  Arrival,
  Exchange,
  Recording,
  SessionRecorded,
} from '#test/faults/recording/recording.ts';

/** A recording that violates an invariant, and the nearest one that does not. */
export type Planted = Record<string, [violating: Partial<Recording>, allowed: Partial<Recording>]>;

export const exchange = (changes: Partial<Exchange> = {}): Exchange => ({
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

export const arrival = (changes: Partial<Arrival> = {}): Arrival => ({
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

export const renewal = (changes: Partial<Arrival> = {}) =>
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

export const session = (changes: Partial<SessionRecorded> = {}): SessionRecorded => ({
  name: 'user0-1',
  user: 'user0',
  from: 500,
  endings: [],
  ...changes,
});

export const recorded = (changes: Partial<Recording>): Recording => ({
  ...emptyRecording(),
  sessions: [session()],
  ...changes,
});

export const post = { method: 'POST', step: 'POST', path: '/mirror', call: 'post-1' };
export const signedOut = { why: 'signed out', begun: 600, confirmed: 700 };
export const lostWrite = {
  at: 1_060,
  dependency: 'dynamodb',
  step: 'UpdateItem',
  nth: 0,
  fault: 'reset_before',
  session: 'user0-1',
} as const;
export const renewedTwice = [
  renewal({ from: 1_000, to: 1_050 }),
  renewal({ from: 1_100, to: 1_150 }),
];
export const leaves = exchange({ act: 'sign_out', status: 204 });
export const lost = exchange({ status: 401, code: 'session_expired' });
