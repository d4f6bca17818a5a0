// People with browsers, each of whom does this and that, rests, and begins again.
import { setTimeout as wait } from 'node:timers/promises';
import { offeredIn } from '#test/support/device.ts';
import { sessionName } from '#test/support/running.ts';
import { visitor } from '#test/support/visitor.ts';
import type { Company, Deed, State, User } from './company.ts';
import { deeds } from './deeds.ts';
import { signIn } from './signing.ts';

/** The share of people whose browser can bind a session. */
const withDevices = 0.4;
const total = deeds.reduce((sum, [weight]) => sum + weight, 0);

export function user(company: Company, name: string): User {
  const { chance, tally } = company;
  const one: User = {
    name,
    hasDevice: chance.of(name, 'device') < withDevices,
    mayBeOver: false,
    async live() {
      const state = stateOf(company, one);
      await wait(company.comeWithinMs * chance.of(name, 'comes'));
      for (; company.goesOn(); state.nth++) {
        const signedIn = state.visit.cookie(sessionName) !== undefined;
        const deed = signedIn ? drawn(chance.of(name, state.nth)) : signIn;
        await deed(company, state).catch((error: Error) => tally.unexpected(error.message));
        await wait(company.restMs * chance.of(name, state.nth, 'rest') * 2);
      }
    },
  };
  return one;
}

/** Any answer may ask the browser for a key. */
function stateOf({ url }: Company, one: User): State {
  const state: State = {
    user: one,
    nth: 0,
    visit: visitor(url, undefined, (answer) => {
      state.offer = offeredIn(answer) ?? state.offer;
    }),
  };
  return state;
}

function drawn(number: number): Deed {
  let left = number * total;
  for (const [weight, deed] of deeds) {
    left -= weight;
    if (left < 0) return deed;
  }
  return signIn;
}
