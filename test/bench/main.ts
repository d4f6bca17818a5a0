// `npm run bench`: the numbers of the README, side by side in one run, as ratios and medians.
// Absolute times move with the machine; each cell is timed only after its answer was checked.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '#infra/bundle.ts';
import { parseConfig } from '#shared/config/parse.ts';
import type { Config } from '#shared/config/schema.ts';
import { boundRows } from './bound.ts';
import { child } from './child.ts';
import { coldStart } from './cold-start.ts';
import { load, median } from './load.ts';
import { ownApiRows } from './own-api-rows.ts';
import { type Counted, callsOfRound, countedCalls, type Ran, rounds, warmUp } from './run.ts';
import { storedSession } from './session.ts';
import { oneRenewal, throughGateway } from './system.ts';

const rows: [what: string, measured: string, goal: string][] = [];
const row = (what: string, measured: string, goal = '') => {
  rows.push([what, measured, goal]);
  console.error(`${what}: ${measured}${goal && `  (goal: ${goal})`}`);
};
type Medians = [mine: number, theirs: number, least: number];
const ratio = (value: number) => `${value.toFixed(2)} x`;

const folder = await mkdtemp(join(tmpdir(), 'bff-bench-'));
const running: { stop(): void }[] = [];
try {
  const upstream = await child<string>('upstream', {});
  running.push(upstream);
  const stores = await child<{
    variables: Record<string, string>;
    keys: { dpop: string; assertion: string };
  }>('stores', {});
  running.push(stores);
  const handrolled = await child<{ url: string; session: string }>('handrolled', {
    upstream: upstream.ready,
  });
  running.push(handrolled);

  const config: Config = parseConfig(
    {
      issuer: upstream.ready,
      clientId: 'bench',
      publicOrigin: 'https://app.example',
      routes: [{ path: '/bff/api/*', upstream: upstream.ready, wholeHost: true }],
    },
    'local',
  );
  const { variables, keys } = stores.ready;
  const proxy = await bundle('proxy', folder);
  const environment = async (deployed: Config) => {
    const started = await child('ours', {
      bundle: proxy.file,
      variables: {
        ...variables,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        BFF_CONFIG: JSON.stringify(deployed),
        BFF_TABLE: 'bff',
        BFF_DPOP_KEY: keys.dpop,
        BFF_ASSERTION_KEY: keys.assertion,
      },
    });
    running.push(started);
    return started;
  };
  const ours = await environment(config);
  const floor = await child('floor', {
    upstream: upstream.ready,
    keyId: keys.dpop,
    access: {
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      endpoints: {
        dynamodb: variables.AWS_ENDPOINT_URL_DYNAMODB,
        kms: variables.AWS_ENDPOINT_URL_KMS,
        secretsmanager: 'http://127.0.0.1:1',
      },
    },
  });
  running.push(floor);
  const cookie = await storedSession(config, variables, keys.dpop);
  const run = (calls: number, inFlight: number) => ours.ask<Ran>({ cookie, calls, inFlight });
  await run(warmUp.calls, warmUp.inFlight);

  // How long a user waits: the proof is signed while the table confirms the session.
  await stores.ask({ storeMs: 4, signerMs: 8 });
  await upstream.ask({ delayMs: 20 });
  const waited = median((await run(100, 1)).times);
  row('warm GET, store 4 ms, signer 8 ms, upstream 20 ms: p50', `${waited.toFixed(1)} ms`);
  row('the same over max(4, 8) + 20', ratio(waited / 28), 'at most 1.10 x');
  await stores.ask({});
  await upstream.ask({ delayMs: 0 });

  // What a call asks of AWS.
  await stores.ask({});
  await run(countedCalls, 1);
  const counted = await stores.ask<Counted>({});
  const each = (count: number) => (count / countedCalls).toFixed(3);
  row('KMS signatures per warm call', each(counted.signatures), '1.00');
  row('consistent reads per warm call', each(counted.reads), '1');
  row('writes per warm call', each(counted.writes), 'under 0.05');
  const { withoutProof } = await upstream.ask<{ withoutProof: number }>({});
  if (withoutProof > 0) throw new Error('calls came without a proof');
  const renewal = await oneRenewal();
  row('token calls for 50 parallel calls over 8 environments, token expired', `${renewal}`, '1');

  // CPU, side by side.
  const headers = { cookie: `session=${handrolled.ready.session}`, 'x-bff-csrf': '1' };
  const handrolledUrl = `${handrolled.ready.url}/bff/api/users?limit=10`;
  await load(handrolledUrl, headers, { calls: warmUp.calls, connections: warmUp.inFlight });
  await floor.ask<Ran>({ cookie, ...warmUp });
  for (const inFlight of [16, 1]) {
    const calls = callsOfRound;
    const each = { ours: [] as number[], theirs: [] as number[], floor: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      each.ours.push((await run(calls, inFlight)).cpuMicros / calls);
      const bare = await floor.ask<Ran>({ cookie, calls, inFlight });
      each.floor.push(bare.cpuMicros / calls);
      const before = await handrolled.ask<NodeJS.CpuUsage>({});
      await load(handrolledUrl, headers, { calls, connections: inFlight });
      const after = await handrolled.ask<NodeJS.CpuUsage>({});
      each.theirs.push((after.user + after.system - before.user - before.system) / calls);
    }
    const [mine, theirs, least] = [each.ours, each.theirs, each.floor].map(median) as Medians;
    row(
      `CPU per call, ${inFlight} in flight: our handler / hand-rolled with all in memory`,
      `${mine.toFixed(0)} / ${theirs.toFixed(0)} us = ${ratio(mine / theirs)}`,
      'at most 0.8 x',
    );
    row(
      'of it: the two calls to AWS and the one upstream, with nothing around them',
      `${least.toFixed(0)} us = ${ratio(least / theirs)}`,
    );
  }

  // The same for a session that is bound to its device.
  await boundRows(row, {
    config,
    store: (deployed, device) => storedSession(deployed, variables, keys.dpop, device),
    environment,
    stores,
    unbound: ({ calls, inFlight }) => run(calls, inFlight),
  });

  // Throughput; ours runs behind the local gateway, whose own work AWS does for us.
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
      const theirs = await perSecond(handrolledUrl, headers);
      const mine = await perSecond(`${gateway.url}/bff/api/users?limit=10`, gateway.headers);
      row(
        `calls per second, ${connections} connections: upstream alone / hand-rolled / ours`,
        `${alone.toFixed(0)} / ${theirs.toFixed(0)} / ${mine.toFixed(0)} = 1 / ${(theirs / alone).toFixed(2)} / ${(mine / alone).toFixed(2)}`,
      );
    }
  } finally {
    await gateway.close();
  }

  // What a cold start loads.
  row('bundle of proxy.ts', `${(proxy.bytes / 1000).toFixed(0)} kB`, 'under 500 kB');
  const cold = await coldStart(proxy.file, folder);
  row('import of proxy.ts over the two bare SDK clients', ratio(cold), 'at most 1.5 x');

  // What an API pays that checks what it gets.
  await ownApiRows(row);

  console.log(['| what | measured | goal |', '|---|---|---|'].join('\n'));
  for (const cells of rows) console.log(`| ${cells.join(' | ')} |`);
} finally {
  for (const part of running) part.stop();
  await rm(folder, { recursive: true, force: true });
}
