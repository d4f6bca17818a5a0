// The product as a Lambda beside two others as Lambdas: the leanest correct broker, and one by hand on the SDK. All go
// through the same runtime API; its cost and the log's are in each figure.
import { median } from '../load.ts';
import type { Parts } from '../parts.ts';
import type { Row } from '../rows.ts';
import { type Environment, packed, startEnvironment } from './environments.ts';

const warmUp = 2_000;
const rounds = 7;
const callsOfRound = 600;
const starts = 15;

interface Load {
  count: number;
  inFlight: number;
  bytes?: number;
}

type Names = 'ours' | 'floor' | 'on-sdk';

export async function lambdaRows(
  { folder, proxy, variables, cookie }: Parts,
  row: Row,
): Promise<void> {
  const runtime = await packed('environment', folder);
  const files: Record<Names, string> = {
    ours: proxy.file,
    floor: await packed('floor', folder),
    'on-sdk': await packed('on-sdk', folder),
  };
  const names = Object.keys(files) as Names[];
  const start = (name: Names, inFlight: number) =>
    startEnvironment(runtime, { file: files[name], variables, inFlight });

  for (const inFlight of [16, 1]) {
    const cpu = await cpuOfCall(inFlight);
    row(
      `CPU per call as a Lambda, ${inFlight} in flight: ours / the leanest correct broker`,
      `${cpu.ours.toFixed(0)} / ${cpu.floor.toFixed(0)} us = ${(cpu.ours / cpu.floor).toFixed(2)} x`,
      inFlight === 16 ? 'at most 1.35 x' : 'at most 1.10 x',
    );
    row(
      `CPU per call as a Lambda, ${inFlight} in flight: ours / by hand on the SDK`,
      `${cpu.ours.toFixed(0)} / ${cpu['on-sdk'].toFixed(0)} us = ${(cpu.ours / cpu['on-sdk']).toFixed(2)} x`,
      'at most 0.45 x',
    );
  }
  const sizes = [10_000, 100_000, 1_000_000];
  const large = await cpuBySize(sizes);
  row(
    `CPU per call as a Lambda with answers of ${sizes.map((bytes) => `${bytes / 1000} kB`).join(' / ')}: ours / the leanest`,
    large.map((times) => `${times.toFixed(2)} x`).join(' / '),
  );
  const first = await timeToFirstAnswer();
  row(
    'from the start of an environment to its first answer: ours / floor / by hand on the SDK',
    `${names.map((name) => first[name].toFixed(0)).join(' / ')} ms = ${(first.ours / first['on-sdk']).toFixed(2)} x`,
    'at most 0.5 x',
  );

  async function cpuOfCall(inFlight: number): Promise<Record<Names, number>> {
    const environments = await each((name) => start(name, inFlight));
    try {
      for (const name of names) await calls(environments[name], { count: warmUp, inFlight });
      const micros = await sideBySide(environments, { count: callsOfRound, inFlight });
      row(
        `memory of an environment after ${warmUp + rounds * callsOfRound} calls, ${inFlight} in flight: ours / by hand on the SDK`,
        `${await megabytes(environments.ours)} / ${await megabytes(environments['on-sdk'])} MB`,
      );
      return micros;
    } finally {
      for (const name of names) environments[name].stop();
    }
  }

  async function cpuBySize(sizes: readonly number[]): Promise<number[]> {
    const environments = await each((name) => start(name, 1));
    const ratios: number[] = [];
    try {
      for (const bytes of sizes) {
        const load = { count: 100, inFlight: 1, bytes };
        for (const name of names) await calls(environments[name], load);
        const { ours, floor } = await sideBySide(environments, load);
        ratios.push(ours / floor);
      }
    } finally {
      for (const name of names) environments[name].stop();
    }
    return ratios;
  }

  async function sideBySide(environments: Record<Names, Environment>, load: Load) {
    const spent: Record<Names, number[]> = { ours: [], floor: [], 'on-sdk': [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        const before = (await environments[name].usage()).cpu;
        await calls(environments[name], load);
        const after = (await environments[name].usage()).cpu;
        const micros = after.user + after.system - before.user - before.system;
        spent[name].push(micros / load.count);
      }
    }
    return each(async (name) => median(spent[name]));
  }

  function calls(environment: Environment, { count, inFlight, bytes }: Load) {
    let left = count;
    const one = async () => {
      while (left-- > 0) await environment.call(cookie, bytes);
    };
    return Promise.all(Array.from({ length: inFlight }, one));
  }

  async function timeToFirstAnswer(): Promise<Record<Names, number>> {
    const times: Record<Names, number[]> = { ours: [], floor: [], 'on-sdk': [] };
    for (let round = 0; round < starts; round++) {
      for (const name of names) {
        const began = performance.now();
        const environment = await start(name, 1);
        await environment.call(cookie);
        times[name].push(performance.now() - began);
        environment.stop();
      }
    }
    return each(async (name) => median(times[name]));
  }

  async function each<T>(make: (name: Names) => Promise<T>): Promise<Record<Names, T>> {
    const made: [Names, T][] = [];
    for (const name of names) made.push([name, await make(name)]);
    return Object.fromEntries(made) as Record<Names, T>;
  }
}

const megabytes = async (environment: Environment) =>
  ((await environment.usage()).memory.rss / 1e6).toFixed(0);
