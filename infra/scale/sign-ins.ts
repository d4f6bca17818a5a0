// People who all sign in at nine o'clock: how many get in, and when the last one does. A sign-in asks the authorization server
// twice (PAR and the code); whoever is turned away tries again after some seconds.
import { simulation } from './events.ts';
import { bucket } from './limits.ts';
import type { Quotas } from './quotas.ts';
import { exponential, randomFrom } from './random.ts';

export interface Rush {
  people: number;
  /** They come within so many seconds. */
  within: number;
  /** Sign-ins a second that our own route lets begin. */
  throttle: { rate: number; burst: number };
  quotas: Pick<Quotas, 'oktaTokens' | 'signatures'>;
  seed: number;
}

export interface RushOutcome {
  tries: number;
  /** When the last one was in, in seconds. */
  allIn: number;
  /** Whichever limit is further in binds: what the outer one lets through is too much for it. */
  turnedAway: { throttle: number; oktaTokens: number; signatures: number };
  /** How long half of the people, and nearly all, took to get in. */
  p50: number;
  p99: number;
}

/** The default of the construct. */
export const usualThrottle = { rate: 25, burst: 50 };

export function rush({ people, within, throttle, quotas, seed }: Rush): RushOutcome {
  const random = randomFrom(seed);
  const sim = simulation();
  const route = bucket(sim, throttle.rate, throttle.burst);
  // Okta counts by the minute.
  const okta = bucket(sim, quotas.oktaTokens, quotas.oktaTokens * 60);
  const signs = bucket(sim, quotas.signatures);
  const turnedAway = { throttle: 0, oktaTokens: 0, signatures: 0 };
  const waits: number[] = [];
  let tries = 0;
  let allIn = 0;
  const attempt = (since: number, tried = 0) => {
    tries += 1;
    const why = !route.take()
      ? 'throttle'
      : !signs.take(4)
        ? 'signatures'
        : !okta.take(2)
          ? 'oktaTokens'
          : undefined;
    if (why) {
      turnedAway[why] += 1;
      // People become slower, not more patient.
      sim.after(exponential(random, Math.min(15 * 2 ** tried, 240)), () =>
        attempt(since, tried + 1),
      );
      return;
    }
    allIn = sim.now();
    waits.push(sim.now() - since);
  };
  for (let n = 0; n < people; n++) {
    const at = random() * within;
    sim.after(at, () => attempt(at));
  }
  sim.run(24 * 3600);
  waits.sort((a, b) => a - b);
  const quantile = (share: number) => waits[Math.floor((waits.length - 1) * share)] ?? Number.NaN;
  return { tries, allIn, turnedAway, p50: quantile(0.5), p99: quantile(0.99) };
}
