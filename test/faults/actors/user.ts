// One person with one browser, who signs in and does this and that, in an order that chance decides.
import type { Exchange, SessionRecorded } from '#test/faults/recording/recording.ts';
import { sessionName } from '#test/support/running.ts';
import type { Visitor } from '#test/support/visitor.ts';
import * as calls from './calls.ts';
import type { Company } from './company.ts';
import * as device from './device.ts';
import { type SignedIn, signIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';
import { stepUp } from './step-up.ts';
import * as thief from './thief.ts';

interface State {
  user: string;
  visit: Visitor;
  current?: SessionRecorded | undefined;
  bound?: device.Bound | undefined;
  /** Cookies of sessions that are over, for somebody who found one. */
  over: thief.Over[];
}

type Deed = (company: Company, state: State) => Promise<readonly Exchange[]>;

const one =
  (call: calls.Call): Deed =>
  async (company, state) => [await call(company, callerOf(state))];

/** How often, out of the sum. */
const deeds: [weight: number, deed: Deed][] = [
  [24, one(calls.get)],
  [24, one(calls.post)],
  [6, one(calls.oktaProfile)],
  [10, one(calls.orders)],
  [4, one(calls.cancel)],
  [8, one(calls.session)],
  [5, one((company, caller) => calls.stream(company, caller))],
  [8, burst],
  [2, leave('fetch')],
  [2, leave('form')],
  [1, leaveWhileStreaming],
  [2, signInAnew],
  [6, steal],
  [3, proveDevice],
  [3, climb],
];
const total = deeds.reduce((sum, [weight]) => sum + weight, 0);

export interface User {
  /** Signs in, while nothing goes wrong yet. */
  enter(): Promise<void>;
  /** Until the run is over. */
  live(): Promise<void>;
  /** Everything is back: the session works, or another one after a sign-in. */
  recover(isLate: () => boolean): Promise<void>;
}

export function user(company: Company, name: string, restMs: number): User {
  const state: State = { user: name, visit: company.world.visitor(), over: [] };
  const { chance, pause, recorder } = company;
  return {
    enter: () => enter(company, state, name),
    async live() {
      for (let nth = 0; company.goesOn(); nth++) {
        if (!state.current) await enter(company, state, name);
        else lookAt(state, await drawn(chance.of(name, nth))(company, state));
        await pause(restMs * chance.of(name, nth, 'rest') * 2);
      }
    },
    async recover(isLate) {
      for (const [what, call] of Object.entries(afterwards)) {
        let well = false;
        while (!well && !isLate()) {
          if (!state.current) await enter(company, state, name);
          const exchange = await call(company, callerOf(state));
          lookAt(state, [exchange]);
          well = exchange.status === 200;
          if (!well) await pause(500);
        }
        recorder.recording.recoveries.push({ who: name, what, well });
      }
    },
  };
}

/** What everybody can do when nothing fails. */
const afterwards: Record<string, calls.Call> = {
  'a call': calls.get,
  'an unsafe call': calls.post,
  'a call of the own API': calls.orders,
  'a stream': (company, caller) => calls.stream(company, caller, 1),
};

function drawn(number: number): Deed {
  let left = number * total;
  for (const [weight, deed] of deeds) {
    left -= weight;
    if (left < 0) return deed;
  }
  return one(calls.get);
}

const callerOf = ({ user, visit, current }: State) => ({ user, visit, session: current?.name });

async function enter(company: Company, state: State, name: string): Promise<void> {
  const arrived = await signIn(company, name, state.visit, { previous: state.current });
  if (!arrived) return company.pause(200);
  await settle(company, state, arrived);
}

/** A third of the browsers have a device with a key. */
async function settle(company: Company, state: State, { session, offer }: SignedIn): Promise<void> {
  state.current = session;
  state.bound = undefined;
  if (!offer || company.chance.of(session.name, 'device') > 0.33) return;
  state.bound = await device.bind(company, state.visit, session, offer);
  // Perhaps bound, and the cookie is lost: a browser would ask for another sign-in, too.
  if (!state.bound && !device.hasBoundCookie(state.visit)) forget(state);
}

/** A session that is over is signed in anew; whether it should be over is for the invariants to say. */
function lookAt(state: State, exchanges: readonly Exchange[]): void {
  const over = exchanges.some(
    ({ code, authenticated }) =>
      code === 'session_expired' || code === 'not_signed_in' || authenticated === false,
  );
  if (over) forget(state);
}

function forget(state: State): void {
  const cookie = state.visit.cookie(sessionName);
  if (cookie && state.current) state.over.push({ cookie, name: state.current.name });
  state.visit.forget(sessionName);
  state.current = undefined;
  state.bound = undefined;
}

async function burst(company: Company, state: State): Promise<Exchange[]> {
  return Promise.all(Array.from({ length: 4 }, () => calls.get(company, callerOf(state))));
}

function leave(how: 'fetch' | 'form'): Deed {
  return async (company, state) => {
    const { current, visit } = state;
    if (!current) return [];
    const cookie = visit.cookie(sessionName) ?? '';
    await signOut(company, visit, current, how);
    state.over.push({ cookie, name: current.name });
    visit.forget(sessionName);
    state.current = undefined;
    state.bound = undefined;
    return [];
  };
}

/** The stream would last much longer than the session may. */
async function leaveWhileStreaming(company: Company, state: State): Promise<Exchange[]> {
  const streaming = calls.stream(company, callerOf(state), 200);
  await company.pause(700);
  await leave('fetch')(company, state);
  await streaming;
  return [];
}

async function signInAnew(company: Company, state: State): Promise<Exchange[]> {
  const { current, visit } = state;
  const cookie = visit.cookie(sessionName) ?? '';
  const arrived = await signIn(company, state.user, visit, { previous: current });
  if (!arrived) return [];
  if (current) state.over.push({ cookie, name: current.name });
  await settle(company, state, arrived);
  return [];
}

async function steal(company: Company, state: State): Promise<Exchange[]> {
  const found = state.over.at(-1);
  if (found) await thief.useWhatIsOver(company, state.user, found);
  await thief.stealProof(company, state.user);
  return [];
}

async function climb(company: Company, state: State): Promise<readonly Exchange[]> {
  const { current, visit } = state;
  if (!current) return [];
  const cookie = visit.cookie(sessionName) ?? '';
  const { exchanges, arrived } = await stepUp(company, callerOf(state), current);
  if (!arrived) return exchanges;
  state.over.push({ cookie, name: current.name });
  await settle(company, state, arrived);
  return [];
}

async function proveDevice(company: Company, state: State): Promise<Exchange[]> {
  const { current, bound, visit } = state;
  if (!current || !bound) return [];
  await thief.tryWithoutDevice(company, visit, current);
  await device.refresh(company, visit, current, bound);
  return [];
}
