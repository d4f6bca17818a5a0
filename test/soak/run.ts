// One run: everything is started, hundreds of people come, and the gateway's process is measured now and then.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { chance } from '#test/faults/plan/chance.ts';
import { operating } from '#test/support/operating.ts';
import { userName } from '#test/support/people.ts';
import { startBare } from './bare.ts';
import type { Company } from './company.ts';
import { startGatewayProcess } from './gateway.ts';
import { type Done, happen, rotate } from './incidents.ts';
import type { Run } from './report.ts';
import type { Taken } from './series.ts';
import { endpointsOf, startSurroundings } from './surroundings.ts';
import { tally as tallyOf } from './tally.ts';
import { user } from './users.ts';

export interface Options {
  minutes: number;
  users: number;
  seed: number;
}

const restMs = 6_000;
const tokenSeconds = 15;
/** Of each function: few, so that each is asked often. */
const containers = 4;
const leastEveryMs = 4_000;
const mostSamples = 240;
/** Until every environment has started and every cache is full. */
const warmUpShare = 0.4;
const longestWarmUp = 5;

export interface Outcome extends Run {
  done: Done;
  troubles: Map<string, number>;
  refusals: Map<string, number>;
}

export async function run({ minutes, users: many, seed }: Options): Promise<Outcome> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const surroundings = await startSurroundings({ gatewayUrl: url, users: many, tokenSeconds });
  const { config, backends } = surroundings;
  const environment = endpointsOf(backends);
  const gateway = await startGatewayProcess({ port, config, environment, containers });
  const { ownApi } = gateway;
  surroundings.knows(ownApi);
  const bare = await startBare();
  const operator = operating({ gateway });
  const tally = tallyOf();
  const goesOn = () => tally.now() < minutes;
  const comeWithinMs = Math.min(60_000, minutes * 60_000 * 0.2);
  const company: Company = {
    ...{ url, ownApi, tally, goesOn, restMs, comeWithinMs },
    chance: chance(seed),
    bare: bare.ask,
  };
  try {
    const users = Array.from({ length: many }, (_, nth) => user(company, userName(nth)));
    const lives = users.map((one) => one.live());
    const place = { surroundings, operator, users };
    const incidents = Promise.all([happen(company, place), rotate(company, place)]);
    const taken: Taken[] = [];
    const troubles = new Map<string, number>();
    while (goesOn()) {
      await wait(Math.max(leastEveryMs, (minutes * 60_000) / mostSamples));
      const sample = await gateway.sample();
      const at = tally.now();
      taken.push({ ...sample, at, speed: tally.between(taken.at(-1)?.at ?? 0, at) });
      for (const [name, count] of Object.entries(sample.troubles)) {
        troubles.set(name, (troubles.get(name) ?? 0) + count);
      }
    }
    await Promise.all(lives);
    const warmUp = Math.min(minutes * warmUpShare, longestWarmUp);
    const { refusals } = surroundings;
    const done = new Map((await incidents).flatMap((one) => [...one]));
    return { taken, tally, minutes, warmUp, troubles, refusals, done };
  } finally {
    operator.close();
    bare.close();
    await gateway.close();
    await surroundings.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
