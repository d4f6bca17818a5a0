// A browser that keeps a key in its device binds the session to it and proves the key now and then. Somebody with a copy
// of the session cookie alone gets nothing.
import { aDevice, challengeIn, postProof } from '#test/support/device.ts';
import { sessionName } from '#test/support/running.ts';
import { visitor } from '#test/support/visitor.ts';
import type { Bound, Company, State } from './company.ts';
import { codeOf, isTooMuch, timed } from './timed.ts';

/** Binds a session that has just begun. */
export async function bind({ tally }: Company, state: State): Promise<void> {
  const { visit, user, offer } = state;
  state.bound = undefined;
  state.offer = undefined;
  if (!user.hasDevice || offer === undefined) return;
  const device = await aDevice();
  const proof = await device.registration(offer);
  const answer = await timed(tally, 'bind to device', () => postProof(visit, 'register', proof));
  if (answer.status === 200) {
    state.bound = { device, challenge: challengeIn(answer).challenge };
    return;
  }
  if (!isTooMuch(answer) && !user.mayBeOver) {
    tally.unexpected(`bind to device ${answer.status} ${codeOf(answer) ?? ''}`);
  }
  // Nobody knows whether it is bound.
  visit.forget(sessionName);
}

/** Gets the next bound cookie; false when there is none. */
export async function prove(company: Company, state: State): Promise<boolean> {
  const { bound, user, visit } = state;
  if (!bound) return false;
  const first = await proveOnce(company, state, bound);
  // Its challenge was too old: the answer has a new one.
  const answer = first.status === 403 ? await proveOnce(company, state, bound) : first;
  if (answer.status === 200) return true;
  if (!isTooMuch(answer) && !(answer.status === 401 && user.mayBeOver)) {
    company.tally.unexpected(`prove the device ${answer.status} ${codeOf(answer) ?? ''}`);
  }
  if (answer.status === 401) visit.forget(sessionName);
  return false;
}

async function proveOnce({ tally }: Company, { visit }: State, bound: Bound) {
  const proof = await bound.device.proof(bound.challenge);
  const answer = await timed(tally, 'prove the device', () => postProof(visit, 'refresh', proof));
  if (answer.status === 200 || answer.status === 403) {
    bound.challenge = challengeIn(answer).challenge;
  }
  return answer;
}

/** The session cookie in another browser. */
export async function tryWithoutDevice({ url, tally }: Company, state: State): Promise<void> {
  const { bound, user, visit } = state;
  if (!bound) return;
  const thief = visitor(url);
  thief.plant(sessionName, visit.cookie(sessionName) ?? '');
  const answer = await timed(tally, 'stolen cookie', () => thief.fetch('/bff/api/own/echo'));
  const code = codeOf(answer);
  if (code === 'device_proof_required' || isTooMuch(answer)) return;
  if (answer.status !== 401 || !user.mayBeOver) {
    tally.unexpected(`a stolen cookie was answered ${answer.status} ${code ?? ''}`);
  }
}
