// From a hundred sessions to a million: what a call of a session picked by chance costs, and the memory of its environment.
// The table grows first. Then the calls go round among the first hundred, the first thousand and so on, so that whatever
// else the machine does meanwhile falls on all of them.
import { child } from './child.ts';
import { median } from './load.ts';
import type { Parts } from './parts.ts';
import type { Row } from './rows.ts';
import type { Ran } from './run.ts';
import { keyOf } from './session.ts';

const rounds = 9;
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
  const levels: number[] = [];
  for (let sessions = 100; sessions <= most; sessions *= 10) levels.push(sessions);
  const memory: number[] = [];
  const spent = levels.map((): number[] => []);
  try {
    for (const sessions of levels) {
      await store.ask({ sessions });
      memory.push((await run(sessions, 5 * calls)).memory / 1e6);
    }
    for (let round = 0; round < rounds; round++) {
      for (const [nth, sessions] of levels.entries()) {
        spent[nth]?.push((await run(sessions, calls)).cpuMicros / calls);
      }
    }
    const costs = spent.map(median);
    const [first = 1] = costs;
    row(
      `CPU per call with ${levels.map((sessions) => sessions.toLocaleString('en')).join(' / ')} sessions, 16 in flight`,
      costs.map((micros) => `${(micros / first).toFixed(2)} x`).join(' / '),
      'flat',
    );
    row(
      'memory of that environment as the table grows',
      memory.map((megabytes) => `${megabytes.toFixed(0)} MB`).join(' / '),
      'flat',
    );
  } finally {
    ours.stop();
    store.stop();
  }
}
