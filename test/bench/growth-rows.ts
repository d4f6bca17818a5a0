// From a hundred sessions to a million: what a call of a session picked by chance costs, and the memory of its environment.
import { child } from './child.ts';
import { median } from './load.ts';
import type { Parts } from './parts.ts';
import type { Row } from './rows.ts';
import type { Ran } from './run.ts';
import { keyOf } from './session.ts';

const rounds = 5;
const calls = 800;

export async function growthRows(parts: Parts, most: number, row: Row): Promise<void> {
  const { proxy, variables, config } = parts;
  const store = await child<string>('growth-store', {
    config,
    key: await keyOf(variables, variables.BFF_DPOP_KEY ?? ''),
    rest: variables.AWS_ENDPOINT_URL_DYNAMODB,
  });
  const ours = await child('ours', {
    bundle: proxy.file,
    variables: { ...variables, AWS_ENDPOINT_URL_DYNAMODB: store.ready },
  });
  const run = (sessions: number, count: number) =>
    ours.ask<Ran & { memory: number }>({ sessions, calls: count, inFlight: 16 });
  const costs: [sessions: number, micros: number, megabytes: number][] = [];
  try {
    for (let sessions = 100; sessions <= most; sessions *= 10) {
      await store.ask({ sessions });
      await run(sessions, 5 * calls);
      const spent: number[] = [];
      let memory = 0;
      for (let round = 0; round < rounds; round++) {
        const ran = await run(sessions, calls);
        spent.push(ran.cpuMicros / calls);
        memory = ran.memory;
      }
      costs.push([sessions, median(spent), memory / 1e6]);
    }
    const [[, first = 1] = []] = costs;
    row(
      `CPU per call with ${costs.map(([sessions]) => sessions.toLocaleString('en')).join(' / ')} sessions, 16 in flight`,
      costs.map(([, micros]) => `${(micros / first).toFixed(2)} x`).join(' / '),
      'flat',
    );
    row(
      'memory of that environment',
      costs.map(([, , megabytes]) => `${megabytes.toFixed(0)} MB`).join(' / '),
      'flat',
    );
  } finally {
    ours.stop();
    store.stop();
  }
}
