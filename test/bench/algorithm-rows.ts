// ES256 beside RS256: the same handler with a key of the other kind.
import { median } from './load.ts';
import { brokerOn, type Parts } from './parts.ts';
import type { Row } from './rows.ts';
import type { Ran } from './run.ts';

const warmUp = { calls: 2_000, inFlight: 16 };
const rounds = 7;
const calls = 600;

export async function algorithmRows({ upstream, proxy, ours, cookie }: Parts, row: Row) {
  const rsa = await brokerOn(upstream.ready, proxy, 'RSA_2048');
  try {
    await rsa.ours.ask<Ran>({ cookie: rsa.cookie, ...warmUp });
    const spent = { es256: [] as number[], rs256: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const first = await ours.ask<Ran>({ cookie, calls, inFlight: 16 });
      const second = await rsa.ours.ask<Ran>({ cookie: rsa.cookie, calls, inFlight: 16 });
      spent.es256.push(first.cpuMicros / calls);
      spent.rs256.push(second.cpuMicros / calls);
    }
    const [es256, rs256] = [median(spent.es256), median(spent.rs256)];
    row(
      'CPU per call, 16 in flight: RS256 / ES256',
      `${rs256.toFixed(0)} / ${es256.toFixed(0)} us = ${(rs256 / es256).toFixed(2)} x`,
    );
    const bytes = await upstream.ask<{ proofs: Record<string, number> }>({});
    row('bytes of a proof: RS256 / ES256', `${bytes.proofs.RS256} / ${bytes.proofs.ES256}`);
  } finally {
    rsa.stores.stop();
    rsa.ours.stop();
  }
}
