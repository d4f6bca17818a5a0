// Through the local gateway, whose worker threads stand for Lambda and the API in front.
import { load, median } from './load.ts';
import type { Parts } from './parts.ts';
import type { Row } from './rows.ts';
import { oneRenewal, throughGateway } from './system.ts';

export async function gatewayRows({ upstream, handrolled }: Parts, row: Row): Promise<void> {
  const renewal = await oneRenewal();
  row('token calls for 50 parallel calls over 8 environments, token expired', `${renewal}`, '1');
  const headers = { cookie: `session=${handrolled.ready.session}`, 'x-bff-csrf': '1' };
  const gateway = await throughGateway(upstream.ready);
  try {
    for (const connections of [1, 16, 64]) {
      const calls = connections === 1 ? 200 : 600;
      const perSecond = async (url: string, own: Record<string, string>) => {
        const rates: number[] = [];
        for (let round = 0; round < 3; round++) {
          rates.push(calls / (await load(url, own, { calls, connections })).seconds);
        }
        return median(rates);
      };
      const alone = await perSecond(`${upstream.ready}/users?limit=10`, {});
      const theirs = await perSecond(`${handrolled.ready.url}/bff/api/users?limit=10`, headers);
      const mine = await perSecond(`${gateway.url}/bff/api/users?limit=10`, gateway.headers);
      row(
        `calls per second, ${connections} connections: upstream alone / hand-rolled / ours`,
        `${alone.toFixed(0)} / ${theirs.toFixed(0)} / ${mine.toFixed(0)} = 1 / ${(theirs / alone).toFixed(2)} / ${(mine / alone).toFixed(2)}`,
      );
    }
  } finally {
    await gateway.close();
  }
}
