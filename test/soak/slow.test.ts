// A product that becomes slower with each call has to be found, whatever else this machine does meanwhile.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { serve } from '#test/support/loopback.ts';
import { visitor } from '#test/support/visitor.ts';
import { judged } from './report.ts';
import { latencyName, type Taken } from './series.ts';
import { cpuMeter } from './speed.ts';
import { tally as tallyOf } from './tally.ts';

const callsOfSample = 15;
const fewestSamples = 40;
/** Of latency, without those of busy moments. */
const fewestJudged = 30;
const mostSamples = 160;
const patience = { timeout: 120_000 };
const nothing = {
  ...{ rssBytes: 0, gatewayBytes: 0, gatewayHandles: 0, environments: [], troubles: {} },
};

/** The series that grow while `work` is done for each call, and nothing for each bare request. */
async function growing(work: (nth: number) => unknown): Promise<string[]> {
  let nth = 0;
  const product = await serve(async (_request, response) => {
    await work(nth++);
    response.end('ok');
  });
  const bare = await serve((_request, response) => response.end('ok'));
  const [caller, other] = [visitor(product.origin), visitor(bare.origin)];
  const tally = tallyOf();
  const meter = cpuMeter();
  const taken: Taken[] = [];
  const all = () => judged({ taken, tally, minutes: 1, warmUp: 0 });
  const areEnough = () =>
    taken.length >= fewestSamples &&
    all().some(({ name, points }) => name === latencyName && points.length >= fewestJudged);
  while (taken.length < mostSamples && !areEnough()) {
    meter.begin();
    for (let call = 0; call < callsOfSample; call++) {
      const began = performance.now();
      await caller.send('/');
      const between = performance.now();
      await other.send('/');
      tally.answered({ what: 'call', status: 200 }, between - began);
      tally.bare(performance.now() - between);
    }
    const spent = meter.read();
    const at = tally.now();
    taken.push({ ...nothing, ...spent, at, speed: tally.between(taken.at(-1)?.at ?? 0, at) });
  }
  return all()
    .filter(({ verdict }) => verdict.grows)
    .map(({ name }) => name);
}

const busy = (rounds: number) => {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum += Math.sqrt(round);
  return sum;
};

test('a list that grows with each call and is searched by each is found', patience, async () => {
  const list: string[] = [];
  const grown = await growing((nth) => {
    const names = Array.from({ length: 40 }, (_, more) => `session ${nth}, ${more}`);
    if (names.slice(0, 15).some((name) => list.includes(name))) throw new Error('it was there');
    list.push(...names);
  });
  // Its latency grows as well, which a busy machine may have no quiet moments to show.
  expect(grown).toContain('CPU of a request');
});

test(
  'a call that waits a little longer each time is found, although it works no more',
  patience,
  async () => {
    // Chance can hide it from one measurement, and not from three.
    for (let tries = 1; ; tries++) {
      const grown = await growing((nth) => wait(nth / 100));
      if (grown.includes(latencyName) || tries === 3) return expect(grown).toContain(latencyName);
    }
  },
);

test('a call that always costs the same does not grow', patience, async () => {
  // Chance can spoil a measurement, and not three of them in the same way.
  for (let tries = 1; ; tries++) {
    const grown = await growing(() => busy(50_000));
    if (grown.length === 0 || tries === 3) return expect(grown).toEqual([]);
  }
});
