// Calls through the broker, by its own rules: the proof is signed while the table is read, one caller renews an expired
// token and the others of that session wait, an environment that was asked for a pause renews nothing until then, and
// whoever is refused with Retry-After comes back once.
import { pausesMs } from '#core/renewal/pause.ts';
import { simulation } from './events.ts';
import { bucket, servers } from './limits.ts';
import { type Load, type Outcome, type Refusal, usualTimes } from './load.ts';
import { type Environment, newEnvironment, pausesIn } from './pauses.ts';
import type { QuotaName } from './quotas.ts';
import { exponential, randomFrom } from './random.ts';

/** Why a call is turned away, and when it may come back. */
interface TurnedAway {
  why: Refusal;
  retrySeconds: number;
}

export function simulateCalls(load: Load): Outcome {
  const { quotas, users, outage, tokenSeconds = 3600, times = usualTimes } = load;
  const random = randomFrom(load.seed);
  const sim = simulation();
  const limit = {
    edgeRequests: bucket(sim, quotas.edgeRequests),
    firewallRequests: bucket(sim, quotas.firewallRequests),
    apiRequests: bucket(sim, quotas.apiRequests, quotas.apiRequests / 2),
    ourThrottle: bucket(sim, quotas.ourThrottle, quotas.ourThrottle * 2),
  };
  const starts = bucket(sim, quotas.newEnvironments, quotas.newEnvironments * 10);
  const reads = bucket(sim, quotas.newTableReads);
  const signs = bucket(sim, quotas.signatures);
  const tokens = bucket(sim, quotas.oktaTokens, quotas.oktaTokens * 60);
  const environments = servers(quotas.environments, 0);
  const pauses = pausesIn(sim, random);
  const idle: Environment[] = [];
  let warm = 0;
  const endsAt = Float64Array.from({ length: users }, () =>
    random() < (load.expired ?? 0) ? 0 : random() * tokenSeconds,
  );
  const renewing = new Map<number, ((away?: TurnedAway) => void)[]>();
  const refused = new Map<Refusal, number>();
  const latencies: number[] = [];
  const outcome = {
    offered: 0,
    served: 0,
    renewals: 0,
    signatures: 0,
    environments: 0,
    lastRefusal: 0,
  };

  const arrive = () => {
    outcome.offered += 1;
    call(Math.floor(random() * users), sim.now(), true);
  };

  function call(user: number, since: number, mayReturn: boolean): void {
    const refuse = (why: Refusal, retrySeconds = 1) => {
      if (mayReturn) {
        // Up to two seconds more, at random.
        sim.after(retrySeconds + Math.floor(random() * 3), () => call(user, since, false));
        return;
      }
      refused.set(why, (refused.get(why) ?? 0) + 1);
      outcome.lastRefusal = sim.now();
    };
    for (const [name, one] of Object.entries(limit)) {
      if (!one.take()) {
        refuse(name as QuotaName);
        return;
      }
    }
    const cold = environments.busy() >= warm;
    if (cold && warm < quotas.environments && !starts.take()) {
      refuse('newEnvironments');
      return;
    }
    const taken = environments.enter(() => {});
    if (!taken) {
      refuse('environments');
      return;
    }
    warm = Math.max(warm, environments.busy());
    outcome.environments = Math.max(outcome.environments, environments.busy());
    // Whichever has been idle longest: each has to learn of an outage by itself.
    const environment = idle.shift() ?? newEnvironment();
    const leave = (away?: TurnedAway) => {
      environments.leave();
      idle.push(environment);
      if (away) return refuse(away.why, away.retrySeconds);
      outcome.served += 1;
      latencies.push(sim.now() - since);
    };
    sim.after(cold ? times.coldStart : 0, () => inEnvironment(environment, user, leave));
  }

  function inEnvironment(
    environment: Environment,
    user: number,
    leave: (away?: TurnedAway) => void,
  ): void {
    if (!reads.take()) {
      leave(soon('newTableReads'));
      return;
    }
    // Nothing is signed ahead for a token that is known to be over.
    const isOver = sim.now() >= (endsAt[user] as number);
    if (!isOver && !signs.take()) {
      leave(soon('signatures'));
      return;
    }
    if (!isOver) outcome.signatures += 1;
    const table = exponential(random, times.table);
    const signer = exponential(random, times.signer);
    const send = (wait: number) =>
      sim.after(wait + exponential(random, times.upstream), () => leave());
    if (!isOver) {
      send(Math.max(table, signer));
      return;
    }
    const waiters = renewing.get(user);
    const sendAgain = (away?: TurnedAway) => {
      if (away) return leave(away);
      if (!signs.take()) return leave(soon('signatures'));
      outcome.signatures += 1;
      send(exponential(random, times.signer));
    };
    if (waiters) {
      waiters.push(sendAgain);
      return;
    }
    const left = pauses.left(environment, user);
    if (left > 0) {
      sim.after(table, () => leave({ why: environment.why, retrySeconds: Math.ceil(left) }));
      return;
    }
    renewing.set(user, [sendAgain]);
    sim.after(table, () => renew(environment, user));
  }

  /** Whatever comes of it, those who wait look again. */
  function renew(environment: Environment, user: number): void {
    const done = (wait: number, away?: TurnedAway) =>
      sim.after(wait, () => {
        if (!away) endsAt[user] = sim.now() + tokenSeconds;
        const waiters = renewing.get(user) ?? [];
        renewing.delete(user);
        for (const next of waiters) next(away);
      });
    // An assertion, of the other key, and a proof.
    if (!signs.take(2)) {
      done(0, soon('signatures'));
      return;
    }
    outcome.signatures += 2;
    const refused = (why: Refusal, ms: number) =>
      done(times.tokens, { why, retrySeconds: pauses.begin(environment, user, why, ms) });
    const away = outage && sim.now() >= outage.from && sim.now() < outage.to;
    if (away) {
      // 503, and no word on how long.
      refused('authorizationServer', pausesMs.usual);
      return;
    }
    if (!tokens.take()) {
      // 429: the limit begins anew with the next minute.
      refused('oktaTokens', pausesMs.longest);
      return;
    }
    outcome.renewals += 1;
    done(exponential(random, times.signer) + exponential(random, times.tokens));
  }

  const next = () => {
    const gap = exponential(random, 1 / Math.max(load.rate(sim.now()), 1e-9));
    if (sim.now() + gap > load.seconds) return;
    sim.after(gap, () => {
      arrive();
      next();
    });
  };
  next();
  sim.run(load.seconds + 60);
  latencies.sort((a, b) => a - b);
  const quantile = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { ...outcome, refused, p50: quantile(0.5), p99: quantile(0.99) };
}

const soon = (why: Refusal): TurnedAway => ({ why, retrySeconds: 1 });

/** The limit that turned most callers away. */
export const bottleneck = ({ refused }: Pick<Outcome, 'refused'>): Refusal | undefined =>
  [...refused].sort(([, a], [, b]) => b - a)[0]?.[0];
