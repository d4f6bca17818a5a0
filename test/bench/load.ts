// A load over keep-alive connections, bounded in count. Each answer is checked before its time counts.
import { Pool } from 'undici';
import { answerBody } from './answer-body.ts';

export interface Loaded {
  times: number[];
  seconds: number;
}

export async function load(
  url: string,
  headers: Record<string, string>,
  { calls, connections }: { calls: number; connections: number },
): Promise<Loaded> {
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const times: number[] = [];
  let left = calls;
  const one = async () => {
    while (left-- > 0) {
      const start = performance.now();
      const answer = await pool.request({ path: pathname + search, method: 'GET', headers });
      const text = await answer.body.text();
      if (answer.statusCode !== 200 || text !== answerBody) {
        throw new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 200)}`);
      }
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, one));
  const seconds = (performance.now() - start) / 1000;
  await pool.close();
  return { times, seconds };
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};
