// What a call costs in a session that is bound to its device, beside one that is not.
import type { Config } from '#shared/config/schema.ts';
import { child } from './child.ts';
import { median } from './load.ts';
import type { Parts } from './parts.ts';
import type { Row } from './rows.ts';
import {
  type Counted,
  callsOfRound,
  countedCalls,
  type Ran,
  type Run,
  rounds,
  warmUp,
} from './run.ts';
import { storedSession } from './session.ts';

export async function boundRows(parts: Parts, row: Row): Promise<void> {
  const { config, variables, proxy, stores, ours, cookie: unboundCookie } = parts;
  const binding: Config = { ...config, session: { ...config.session, deviceBound: 'prefer' } };
  const device = 'd'.repeat(43);
  const cookie = await storedSession(binding, variables, variables.BFF_DPOP_KEY ?? '', device);
  const started = await child('ours', {
    bundle: proxy.file,
    variables: { ...variables, BFF_CONFIG: JSON.stringify(binding) },
  });
  const bound = (how: Run) => started.ask<Ran>({ cookie, device, ...how });
  const unbound = (how: Run) => ours.ask<Ran>({ cookie: unboundCookie, ...how });
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
  started.stop();
}
