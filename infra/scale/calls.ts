// Calls through the broker, by its own rules: the proof is signed while the table is read, one caller renews an expired
// token and the others of that session wait, and whoever is refused with Retry-After comes back once.
import { simulation } from './events.ts';
import { bucket, servers } from './limits.ts';
import { type Load, type Outcome, type Refusal, usualTimes } from './load.ts';
import type { QuotaName } from './quotas.ts';
import { exponential, randomFrom } from './random.ts';

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
  let warm = 0;
  const endsAt = Float64Array.from({ length: users }, () =>
    random() < (load.expired ?? 0) ? 0 : random() * tokenSeconds,
  );
  const renewing = new Map<number, ((why?: Refusal) => void)[]>();
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
    const refuse = (why: Refusal) => {
      if (mayReturn) {
        // Retry-After is 1 to 3 seconds, at random.
        sim.after(1 + Math.floor(random() * 3), () => call(user, since, false));
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
    const leave = (why?: Refusal) => {
      environments.leave();
      if (why) return refuse(why);
      outcome.served += 1;
      latencies.push(sim.now() - since);
    };
    sim.after(cold ? times.coldStart : 0, () => inEnvironment(user, leave));
  }

  function inEnvironment(user: number, leave: (why?: Refusal) => void): void {
    if (!reads.take()) {
      leave('newTableReads');
      return;
    }
    if (!signs.take()) {
      leave('signatures');
      return;
    }
    outcome.signatures += 1;
    const table = exponential(random, times.table);
    const signer = exponential(random, times.signer);
    const send = (wait: number) =>
      sim.after(wait + exponential(random, times.upstream), () => leave());
    if (sim.now() < (endsAt[user] as number)) {
      send(Math.max(table, signer));
      return;
    }
    const waiters = renewing.get(user);
    // Then the call signs once more: the proof that was made ahead was for the old token.
    const sendAgain = (why?: Refusal) => {
      if (why) return leave(why);
      if (!signs.take()) return leave('signatures');
      outcome.signatures += 1;
      send(exponential(random, times.signer));
    };
    if (waiters) {
      waiters.push(sendAgain);
      return;
    }
    renewing.set(user, [sendAgain]);
    sim.after(table, () => renew(user));
  }

  /** Whatever comes of it, those who wait look again. */
  function renew(user: number): void {
    const done = (wait: number, why?: Refusal) =>
      sim.after(wait, () => {
        if (!why) endsAt[user] = sim.now() + tokenSeconds;
        const waiters = renewing.get(user) ?? [];
        renewing.delete(user);
        for (const next of waiters) next(why);
      });
    // An assertion, of the other key, and a proof.
    if (!signs.take(2)) {
      done(0, 'signatures');
      return;
    }
    outcome.signatures += 2;
    const away = outage && sim.now() >= outage.from && sim.now() < outage.to;
    if (away) {
      done(times.tokens, 'authorizationServer');
      return;
    }
    if (!tokens.take()) {
      done(times.tokens, 'oktaTokens');
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

/** The limit that turned most callers away. */
export const bottleneck = ({ refused }: Pick<Outcome, 'refused'>): Refusal | undefined =>
  [...refused].sort(([, a], [, b]) => b - a)[0]?.[0];
