// Environments that the token endpoint has asked for a pause, by the rule of shared/core/renewal/pause.ts: the user who was
// refused waits, and everybody once a second one was.
import { pausesMs } from '#core/renewal/pause.ts';
import type { Simulation } from './events.ts';
import type { Refusal } from './load.ts';

export interface Environment {
  /** When the pause of each user ends. */
  users: Map<number, number>;
  everybody: number;
  /** What the newest pause was for. */
  why: Refusal;
}

export const newEnvironment = (): Environment => ({
  users: new Map(),
  everybody: 0,
  why: 'authorizationServer',
});

export const pausesIn = ({ now }: Pick<Simulation, 'now'>, random: () => number) => ({
  /** Seconds; none are left unless it is more than 0. */
  left: ({ users, everybody }: Environment, user: number): number =>
    Math.max(everybody, users.get(user) ?? 0) - now(),
  /** Returns the seconds that it lasts. */
  begin(environment: Environment, user: number, why: Refusal, ms: number): number {
    const { users } = environment;
    const seconds = (ms + random() * pausesMs.jitter) / 1000;
    for (const [other, until] of users) if (until <= now()) users.delete(other);
    users.set(user, now() + seconds);
    if (users.size > 1) environment.everybody = now() + seconds;
    environment.why = why;
    return Math.ceil(seconds);
  },
});
