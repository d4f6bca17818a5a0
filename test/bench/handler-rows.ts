// What one call of our handler costs: how long a user waits, what is asked of AWS, and the CPU beside a rival's.
import { load, median } from './load.ts';
import type { Parts } from './parts.ts';
import type { Row } from './rows.ts';
import { type Counted, callsOfRound, countedCalls, type Ran, rounds, warmUp } from './run.ts';

export async function handlerRows(parts: Parts, row: Row): Promise<void> {
  await oursFor(parts, warmUp.calls, warmUp.inFlight);
  await waitRows(parts, row);
  await countRows(parts, row);
  await cpuRows(parts, row);
}

const oursFor = ({ ours, cookie }: Parts, calls: number, inFlight: number) =>
  ours.ask<Ran>({ cookie, calls, inFlight });

/** The proof is signed while the table confirms the session. */
async function waitRows(parts: Parts, row: Row): Promise<void> {
  const { stores, upstream, floor, cookie } = parts;
  await stores.ask({ storeMs: 4, signerMs: 8 });
  await upstream.ask({ delayMs: 20 });
  // Timers fire late: what was really injected counts.
  const really = await floor.ask<Record<'store' | 'signer' | 'upstream', number[]>>({
    cookie,
    alone: 100,
  });
  const waited = median((await oursFor(parts, 200, 1)).times);
  const [store, signer, api] = [really.store, really.signer, really.upstream].map(median) as [
    number,
    number,
    number,
  ];
  row('warm GET, store 4 ms, signer 8 ms, upstream 20 ms: p50', `${waited.toFixed(1)} ms`);
  row(
    `the same over max(store, signer) + upstream, as they really were: max(${store.toFixed(1)}, ${signer.toFixed(1)}) + ${api.toFixed(1)} ms`,
    `${(waited / (Math.max(store, signer) + api)).toFixed(2)} x`,
    'at most 1.06 x',
  );
  await stores.ask({});
  await upstream.ask({ delayMs: 0 });
}

async function countRows(parts: Parts, row: Row): Promise<void> {
  await parts.stores.ask({});
  await oursFor(parts, countedCalls, 1);
  const counted = await parts.stores.ask<Counted>({});
  const each = (count: number) => (count / countedCalls).toFixed(3);
  row('KMS signatures per warm call', each(counted.signatures), '1.00');
  row('consistent reads per warm call', each(counted.reads), '1');
  row('writes per warm call', each(counted.writes), 'under 0.05');
  const { withoutProof } = await parts.upstream.ask<{ withoutProof: number }>({});
  if (withoutProof > 0) throw new Error('calls came without a proof');
}

async function cpuRows(parts: Parts, row: Row): Promise<void> {
  const { floor, handrolled, cookie } = parts;
  const headers = { cookie: `session=${handrolled.ready.session}`, 'x-bff-csrf': '1' };
  const url = `${handrolled.ready.url}/bff/api/users?limit=10`;
  await load(url, headers, { calls: warmUp.calls, connections: warmUp.inFlight });
  await floor.ask<Ran>({ cookie, ...warmUp });
  for (const inFlight of [16, 1]) {
    const calls = callsOfRound;
    const spent = { ours: [] as number[], theirs: [] as number[], floor: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      spent.ours.push((await oursFor(parts, calls, inFlight)).cpuMicros / calls);
      const bare = await floor.ask<Ran>({ cookie, calls, inFlight });
      spent.floor.push(bare.cpuMicros / calls);
      const before = await handrolled.ask<NodeJS.CpuUsage>({});
      await load(url, headers, { calls, connections: inFlight });
      const after = await handrolled.ask<NodeJS.CpuUsage>({});
      spent.theirs.push((after.user + after.system - before.user - before.system) / calls);
    }
    const [mine, theirs, least] = [spent.ours, spent.theirs, spent.floor].map(median) as [
      number,
      number,
      number,
    ];
    row(
      `CPU per call, ${inFlight} in flight: our handler / hand-rolled with all in memory`,
      `${mine.toFixed(0)} / ${theirs.toFixed(0)} us = ${(mine / theirs).toFixed(2)} x`,
      'at most 0.7 x',
    );
    row(
      'of it: the two calls to AWS and the one upstream, with nothing around them',
      `${least.toFixed(0)} us = ${(least / theirs).toFixed(2)} x`,
    );
  }
}
