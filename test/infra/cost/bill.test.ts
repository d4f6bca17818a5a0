// The bill, against examples that were reckoned by hand.
import { describe, expect, test } from 'vitest';
import { billOf, sumOf } from '#infra/cost/bill.ts';
import { leversOf } from '#infra/cost/levers.ts';
import type { Counts, Measured } from '#infra/cost/measure.ts';
import { billedMs, type Case, monthOf } from '#infra/cost/month.ts';
import { pricedRegions, pricesIn } from '#infra/cost/prices.ts';

const none: Counts = {
  readUnits: 0,
  writeUnits: 0,
  proofs: 0,
  assertions: 0,
  otherKeyRequests: 0,
  logBytes: 0,
  bytesUpstream: 0,
};

/** A broker of which only calls cost: one signature, one read. */
const measured = (call: Partial<Counts> = {}, more: Partial<Measured> = {}): Measured => ({
  call: { ...none, proofs: 1, readUnits: 1, ...call },
  firstCall: none,
  signIn: none,
  renewal: none,
  session: none,
  signOut: none,
  metrics: [],
  ...more,
});

const nothingFixed = {
  keys: 0,
  secrets: 0,
  dashboards: 0,
  alarmMetrics: 0,
  filterMetrics: 0,
  firewalls: 0,
  firewallRules: 0,
  apiLogBytes: 0,
  edgeLogBytes: 0,
  logDays: 0,
};

const the = (more: Partial<Case> = {}): Case => ({
  alg: 'ES256',
  calls: 1_000_000,
  upstreamMs: 100,
  answerBytes: 0,
  front: 'http',
  tracing: false,
  logShare: 1,
  measured: measured(),
  fixed: nothingFixed,
  metrics: 0,
  ...more,
});

const usEast = pricesIn('us-east-1');
const line = (given: Case, what: string, prices = usEast) =>
  billOf(given, prices).find((one) => one.what.startsWith(what))?.usd ?? 0;

describe('a million calls in us-east-1', () => {
  test.each([
    // A million, and one in vain for each of 30,000 renewals.
    ['ES256', 15.45],
    ['RS256', 3.09],
  ] as const)(
    'cost a signature each, and one that each renewal throws away: %s $%d',
    (alg, dollars) => {
      expect(line(the({ alg }), `proofs, ${alg}`)).toBeCloseTo(dollars, 10);
    },
  );

  test('cost a consistent read each', () => {
    expect(line(the(), 'read units')).toBeCloseTo(0.125, 10);
    expect(line(the({ measured: measured({ readUnits: 2 }) }), 'read units')).toBeCloseTo(0.25);
  });

  test('cost the time that Lambda bills: signer, API and CPU, and not the table beside the signer', () => {
    // 15 + 100 + 0.7 / 0.29, rounded up to a millisecond.
    expect(billedMs(100)).toBe(118);
    // 118,000 s and, for 0.125 million requests of auth, 18,750 s of half a gigabyte.
    expect(line(the(), 'time, 512 MB')).toBeCloseTo(((118_000 + 18_750) / 2) * 0.0000133334, 6);
  });

  test('bring requests of auth: 10,000 sign-ins of two, 100,000 looks at the session, 5,000 sign-outs', () => {
    expect(monthOf(the()).requests).toBe(1_000_000 + 20_000 + 100_000 + 5_000);
    expect(line(the(), 'HTTP API')).toBeCloseTo(1.125, 10);
    expect(line(the({ front: 'rest' }), 'REST API')).toBeCloseTo(3.5, 10);
    expect(line(the({ front: 'rest' }), 'HTTP API')).toBeCloseTo(0.125, 10);
  });

  test('cost what sign-ins, renewals and sign-outs ask, each as often as it is assumed', () => {
    const one = (name: keyof Measured) =>
      line(
        the({ measured: measured({}, { [name]: { ...none, assertions: 1 } }) }),
        'client assert',
      );
    // 10,000, 30,000, 100,000, 5,000 and 500 of $15 a million.
    expect(one('signIn')).toBeCloseTo(0.15);
    expect(one('renewal')).toBeCloseTo(0.45);
    expect(one('session')).toBeCloseTo(1.5);
    expect(one('signOut')).toBeCloseTo(0.075);
    expect(one('firstCall')).toBeCloseTo(0.0075);
  });

  test('assertions are signed with ES256, whatever signs the proofs', () => {
    const signIn = { ...none, assertions: 1 };
    expect(line(the({ alg: 'RS256', measured: measured({}, { signIn }) }), 'client')).toBeCloseTo(
      0.15,
    );
  });

  test('cost their log lines: 2 kB each are 2 GB, and what the platform and the API add', () => {
    const logged = the({ measured: measured({ logBytes: 2_000 }) });
    const platform = (1_125_000 * (440 + 78)) / 1e9;
    expect(line(logged, 'logs of functions')).toBeCloseTo(0.5 * (2 + platform), 6);
    const api = { ...nothingFixed, apiLogBytes: 400 };
    expect(line({ ...logged, fixed: api }, 'logs of functions')).toBeCloseTo(
      0.5 * (2 + platform + 0.45),
      6,
    );
  });

  test('cost X-Ray one trace for each second and a twentieth of the rest', () => {
    // 220 hours have 792,000 seconds; with 1.42 requests a second, 24 % of them have none.
    const seconds = 792_000 * (1 - Math.exp(-1_125_000 / 792_000));
    expect(seconds / 792_000).toBeCloseTo(0.758, 3);
    const traces = seconds + (1_125_000 - seconds) / 20;
    expect(line(the({ tracing: true }), 'traces')).toBeCloseTo((traces / 1e6) * 5, 8);
  });

  test('cost the bytes of their answers, 10 kB each', () => {
    const bytes = 1e6 * 10_000 + 1_125_000 * 700;
    expect(line(the({ answerBytes: 10_000 }), 'to browsers')).toBeCloseTo(
      (bytes / 1e9) * 0.085 + ((1_125_000 * 1_000) / 1e9) * 0.02,
      8,
    );
  });
});

test('what stands in the template costs the same, however many calls there are', () => {
  const fixed = { ...nothingFixed, keys: 2, secrets: 1, dashboards: 1, alarmMetrics: 42 };
  const walled = { ...fixed, firewalls: 1, firewallRules: 6, filterMetrics: 1 };
  const standing = (calls: number) =>
    sumOf(billOf(the({ calls, fixed: walled, metrics: 20 }), usEast).filter((one) => one.standing));
  // Keys 2, secret 0.40, dashboard 3, alarms 4.20, firewall 5 and rules 6, metrics 21 of 0.30; each hour, 5 reads for
  // each key, of 0.01 for a thousand.
  const reads = (2 * 5 * 24 * 30 * 0.01) / 1000;
  expect(standing(1)).toBeCloseTo(2 + 0.4 + 3 + 4.2 + 11 + 6.3 + reads, 10);
  expect(standing(1e9)).toBeCloseTo(standing(1), 10);
});

test('Regions have their own prices; Oregon has those of Virginia, and keys cost the same everywhere', () => {
  const reads = pricedRegions.map((region) => line(the(), 'read units', pricesIn(region)));
  expect(new Set(reads).size).toBe(pricedRegions.length - 1);
  const proofs = pricedRegions.map((region) => line(the(), 'proofs', pricesIn(region)).toFixed(2));
  expect(new Set(proofs)).toEqual(new Set(['15.45']));
});

describe('a lever', () => {
  const fixed = { ...nothingFixed, logDays: 90, edgeLogBytes: 500, firewalls: 1, firewallRules: 6 };
  const given = the({ fixed, tracing: true });
  const other = { ...given, alg: 'RS256' } as const;
  const saves = (name: string) =>
    leversOf(given, usEast, other).find((one) => one.name.startsWith(name))?.saves;

  test('saves the difference of two bills', () => {
    expect(saves('dpop.keySpec RSA_2048')).toBeCloseTo(12.36, 10);
    expect(saves('deployment.firewall')).toBeCloseTo(11 + 1.125 * 0.6, 10);
    expect(saves('deployment.tracing')).toBeCloseTo(line(given, 'traces'), 10);
  });

  test('that costs more is shown below zero', () => {
    expect(saves('streaming')).toBeCloseTo(-2.5, 10);
  });

  test('that is pulled already is not offered', () => {
    const off = { ...given, tracing: false };
    expect(leversOf(off, usEast, other).map(({ name }) => name)).not.toContain(
      'deployment.tracing false',
    );
  });
});
