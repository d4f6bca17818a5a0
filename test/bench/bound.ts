// What a call costs in a session that is bound to its device, beside one that is not.
import type { Config } from '#shared/config/schema.ts';
import type { child } from './child.ts';
import { median } from './load.ts';
import {
  type Counted,
  callsOfRound,
  countedCalls,
  type Ran,
  type Run,
  rounds,
  warmUp,
} from './run.ts';

type Child = Pick<Awaited<ReturnType<typeof child>>, 'ask'>;

interface Parts {
  config: Config;
  /** A session that this cookie proves; its own cookie. */
  store(deployed: Config, device: string): Promise<string>;
  environment(deployed: Config): Promise<Child>;
  stores: Child;
  unbound(how: Run): Promise<Ran>;
}

export async function boundRows(
  row: (what: string, measured: string, goal: string) => void,
  { config, store, environment, stores, unbound }: Parts,
): Promise<void> {
  const binding: Config = { ...config, session: { ...config.session, deviceBound: 'prefer' } };
  const device = 'd'.repeat(43);
  const cookie = await store(binding, device);
  const started = await environment(binding);
  const bound = (how: Run) => started.ask<Ran>({ cookie, device, ...how });
  await bound(warmUp);

  await stores.ask({});
  await bound({ calls: countedCalls, inFlight: 1 });
  const { signatures, reads, writes } = await stores.ask<Counted>({});
  row(
    'signatures / consistent reads / writes per warm call of a session that is bound to its device',
    [signatures, reads, writes].map((count) => (count / countedCalls).toFixed(3)).join(' / '),
    '1 / 1 / under 0.05',
  );

  for (const inFlight of [16, 1]) {
    const how = { calls: callsOfRound, inFlight };
    const spent = { bound: [] as number[], unbound: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      spent.bound.push((await bound(how)).cpuMicros);
      spent.unbound.push((await unbound(how)).cpuMicros);
    }
    const more = median(spent.bound) / median(spent.unbound);
    row(
      `CPU per call, ${inFlight} in flight: bound to its device / not bound`,
      `${more.toFixed(2)} x`,
      'at most 1.05 x',
    );
  }
}
