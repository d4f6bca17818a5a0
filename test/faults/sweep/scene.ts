// One person with one browser, for one case of the sweep.
import type { Caller } from '#test/faults/actors/calls.ts';
import type { Company } from '#test/faults/actors/company.ts';
import type { Bound } from '#test/faults/actors/device.ts';
import { type SignedIn, signIn } from '#test/faults/actors/sign-in.ts';
import type { SessionRecorded } from '#test/faults/recording/recording.ts';
import type { Visitor } from '#test/support/visitor.ts';

export interface Scene {
  company: Company;
  user: string;
  visit: Visitor;
  bound?: Bound | undefined;
  enter(arrived: SignedIn): void;
  isIn(): boolean;
  /** Throws when nobody is signed in. */
  current(): SessionRecorded;
  /** The challenge by which the session can be bound. */
  offer(): string;
  caller(): Caller;
}

export function sceneOf(company: Company, user: string): Scene {
  const visit = company.world.visitor();
  let arrived: SignedIn | undefined;
  const current = () => {
    if (!arrived) throw new Error(`${user} is not signed in`);
    return arrived.session;
  };
  return {
    company,
    user,
    visit,
    enter(one) {
      arrived = one;
    },
    isIn: () => arrived !== undefined,
    current,
    offer: () => arrived?.offer ?? '',
    caller: () => ({ user, visit, session: arrived?.session.name }),
  };
}

export async function arrive(scene: Scene): Promise<void> {
  const arrived = await signIn(scene.company, scene.user, scene.visit);
  if (arrived) scene.enter(arrived);
}
