// The simulation, against queues whose answers are known in closed form, and against the product's own rules.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { pausesMs } from '#core/renewal/pause.ts';
import { usualThrottles } from '#infra/aws/front/http-front.ts';
import { root } from '#infra/bundle.ts';
import { bottleneck, simulateCalls } from '#infra/scale/calls.ts';
import { simulation } from '#infra/scale/events.ts';
import { climb, firstToBreak, refusedShare } from '#infra/scale/ladder.ts';
import { bucket, servers } from '#infra/scale/limits.ts';
import { usualTimes } from '#infra/scale/load.ts';
import { defaultQuotas, quotas, quotasAsOf } from '#infra/scale/quotas.ts';
import { exponential, randomFrom } from '#infra/scale/random.ts';
import { rates, rowOf, runScale } from '#infra/scale/run.ts';
import { rush, usualThrottle } from '#infra/scale/sign-ins.ts';

/** Erlang's formula C: the chance that an arrival waits, with `load` = arrivals times service. */
function erlangC(count: number, load: number): number {
  const blocked = erlangB(count, load);
  return blocked / (1 - (load / count) * (1 - blocked));
}

/** Erlang's formula B: the chance that an arrival finds all servers busy, and goes. */
function erlangB(count: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= count; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** Arrivals that know nothing of each other, at `count` servers. */
function queue({
  count,
  rate,
  service,
  waiting,
}: Record<'count' | 'rate' | 'service' | 'waiting', number>) {
  const random = randomFrom(7);
  const sim = simulation();
  const desk = servers(count, waiting);
  let [arrived, refused, waited] = [0, 0, 0];
  const arrive = () => {
    const since = sim.now();
    arrived += 1;
    const entered = desk.enter(() => {
      waited += sim.now() - since;
      sim.after(exponential(random, service), () => desk.leave());
    });
    if (!entered) refused += 1;
    if (arrived < 200_000) sim.after(exponential(random, 1 / rate), arrive);
  };
  sim.after(0, arrive);
  sim.run(Number.POSITIVE_INFINITY);
  return { meanWait: waited / (arrived - refused), refused: refused / arrived };
}

describe('the engine', () => {
  test.each([
    [1, 0.5],
    [4, 0.8],
    [10, 0.9],
  ])('waits as long as M/M/%i does at a load of %d', (count, share) => {
    const service = 0.1;
    const rate = (count * share) / service;
    const { meanWait } = queue({ count, rate, service, waiting: Number.POSITIVE_INFINITY });
    const expected = (erlangC(count, rate * service) * service) / (count * (1 - share));
    expect(meanWait / expected).toBeGreaterThan(0.93);
    expect(meanWait / expected).toBeLessThan(1.07);
  });

  test.each([
    [5, 4],
    [20, 22],
  ])('turns as many away as %i servers without a queue do at %i erlangs', (count, load) => {
    const { refused } = queue({ count, rate: load, service: 1, waiting: 0 });
    expect(refused / erlangB(count, load)).toBeGreaterThan(0.97);
    expect(refused / erlangB(count, load)).toBeLessThan(1.03);
  });

  test('a bucket gives its burst, and then its rate', () => {
    let now = 0;
    const one = bucket({ now: () => now }, 10, 5);
    const taken = () => Array.from({ length: 20 }, () => one.take()).filter(Boolean).length;
    expect(taken()).toBe(5);
    now = 0.35;
    expect(taken()).toBe(3);
    now = 100;
    expect(taken()).toBe(5);
  });
});

const load = { seconds: 20, users: 2_000, seed: 3, quotas: defaultQuotas, rate: () => 100 };

describe('a call', () => {
  test('waits for the slower of table and signer, and then for the API', () => {
    const times = { ...usualTimes, table: 1e-9, signer: 1e-9, coldStart: 0 };
    const bare = simulateCalls({ ...load, times });
    // The median of an exponential time is its mean times ln 2.
    expect(bare.p50 / (0.1 * Math.LN2)).toBeCloseTo(1, 1);
    const table = simulateCalls({ ...load, times: { ...times, table: 0.05 } });
    const both = simulateCalls({ ...load, times: { ...times, table: 0.05, signer: 0.05 } });
    // The longer of two such times is half as long again as one, and not twice.
    const added = (one: { p50: number }) => one.p50 - bare.p50;
    expect(added(both) / added(table)).toBeLessThan(1.8);
  });

  test('signs once', () => {
    const { signatures, offered } = simulateCalls({ ...load, tokenSeconds: 1e9 });
    expect(signatures).toBe(offered);
  });

  test('on an expired token is one renewal for all calls of its session', () => {
    const few = { ...load, users: 10, expired: 1, rate: () => 200 };
    expect(simulateCalls(few).renewals).toBe(10);
  });

  test('that is refused comes back once, and is served if there is room then', () => {
    const short = { ...load, quotas: { ...defaultQuotas, signatures: 150 }, rate: burst };
    const { refused, offered, p99 } = simulateCalls(short);
    expect([...refused.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(offered / 50);
    // It waited for Retry-After.
    expect(p99).toBeGreaterThan(1);
  });
});

/** A second of 400, and quiet. */
const burst = (second: number) => (second > 5 && second < 6 ? 400 : 20);

describe('what breaks first', () => {
  test('is our own throttle, below the signatures of the account', () => {
    const steps = climb([500, 1_100], defaultQuotas, { seed: 1, seconds: 10 });
    expect(firstToBreak(steps)).toMatchObject({ rate: 1_100, why: 'ourThrottle' });
  });

  test('without the throttle, it is the signatures', () => {
    const open = { ...defaultQuotas, ourThrottle: 1e6 };
    const steps = climb([900, 1_500], open, { seed: 1, seconds: 10 });
    expect(firstToBreak(steps)).toMatchObject({ rate: 1_500, why: 'signatures' });
  });

  test('with more signatures and a slow API, it is the environments', () => {
    const outcome = simulateCalls({
      ...load,
      rate: () => 1_500,
      quotas: { ...defaultQuotas, ourThrottle: 1e6, signatures: 1e6, newEnvironments: 1e6 },
      times: { ...usualTimes, upstream: 1 },
    });
    expect(bottleneck(outcome)).toBe('environments');
    expect(outcome.environments).toBe(1_000);
  });

  test('is nothing below the limits', () => {
    expect(refusedShare(simulateCalls(load))).toBe(0);
  });
});

test('while the authorization server is away only those whose token is over are refused', () => {
  const outage = { from: 0, to: 10 };
  const away = simulateCalls({ ...load, expired: 0.1, outage });
  expect(bottleneck(away)).toBe('authorizationServer');
  expect(refusedShare(away)).toBeLessThan(0.1);
  // Pauses that were asked for at its end.
  const longestSeconds = (pausesMs.usual + pausesMs.jitter) / 1000;
  expect(away.lastRefusal).toBeLessThan(outage.to + longestSeconds);
});

test('an outage in which every token ends costs fewer signatures than calls, because environments stop asking', () => {
  const outage = { from: 0, to: 20 };
  const { signatures, offered } = simulateCalls({ ...load, expired: 1, outage });
  expect(signatures / offered).toBeLessThan(1);
});

test('the throttles are those that the construct has by default', () => {
  const { rate, burst } = usualThrottles.proxy;
  expect([rate, burst]).toEqual([quotas.ourThrottle.value, 2 * quotas.ourThrottle.value]);
  expect(usualThrottle).toEqual(usualThrottles.signIn);
});

test('at nine o’clock the token requests of the org decide, not our route', () => {
  const morning = { people: 6_000, within: 300, quotas: defaultQuotas, seed: 1 };
  const usual = rush({ ...morning, throttle: usualThrottle });
  const wide = rush({ ...morning, throttle: { rate: 1e6, burst: 1e6 } });
  // Ten sign-ins a second, after the 600 of the first minute's allowance.
  for (const one of [usual, wide]) expect(one.allIn).toBeGreaterThan((6_000 - 600) / 10);
  expect(wide.turnedAway.oktaTokens).toBeGreaterThan(0);
  const more = rush({
    ...morning,
    quotas: { ...defaultQuotas, oktaTokens: 200 },
    throttle: usualThrottle,
  });
  expect(more.allIn).toBeLessThan(301);
});

describe('npm run scale', () => {
  test('prints the same with the same seed', () => {
    const one = simulateCalls(load);
    expect(simulateCalls(load)).toEqual(one);
    expect(simulateCalls({ ...load, seed: 4 })).not.toEqual(one);
  });

  test('--help runs nothing, and a mistake is one line', () => {
    const written: string[] = [];
    expect(runScale(['--help'], (text) => written.push(text))).toBe(0);
    expect(written.join()).toContain('--seed');
    const complained = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(runScale(['--seed', 'x'], (text) => written.push(text))).toBe(2);
    expect(complained).toHaveBeenCalledWith('error: --seed x: must be a whole number from 1 on');
    complained.mockRestore();
    expect(written).toHaveLength(1);
  });

  const page = readFileSync(join(root, 'docs/scale.md'), 'utf8');

  test('docs/scale.md shows what it prints today, as far as the first to break', () => {
    const untilBroken = rates.slice(0, rates.indexOf(1_100) + 1);
    const shown = [...page.matchAll(/^\| (\d.*) \|$/gm)].map(([, row = '']) =>
      row.split(' | ').map((cell) => cell.trim()),
    );
    for (const step of climb(untilBroken, defaultQuotas, { seed: 1, seconds: 10 })) {
      expect(shown).toContainEqual(rowOf(step));
    }
  });

  test('docs/scale.md lists every quota with its value', () => {
    expect(page).toContain(quotasAsOf);
    for (const [name, { value, page: where }] of Object.entries(quotas)) {
      expect(page).toContain(`| \`${name}\` | ${value.toLocaleString('en-US')} |`);
      expect(page).toContain(where);
    }
  });
});
