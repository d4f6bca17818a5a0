// The rows about APIs of your own. Their rivals: what one writes with jose, and Auth0's middleware where it is installed.
import { child } from './child.ts';
import { ownApiCost } from './costs.ts';
import type { OwnApiCosts, OwnApiRun } from './own-api.ts';

const runs: [what: string, goal: string, run: OwnApiRun][] = [
  [
    'ES256 proofs, five requests a client',
    'at least 1.3 x',
    { alg: 'ES256', clients: 100, requests: 5, rounds: 7 },
  ],
  [
    'RS256 proofs, five requests a client',
    'at least 1.3 x',
    { alg: 'RS256', clients: 100, requests: 5, rounds: 7 },
  ],
  [
    'ES256 proofs, every token and key seen for the first time',
    '',
    { alg: 'ES256', clients: 300, requests: 1, rounds: 7 },
  ],
];

export async function ownApiRows(row: (what: string, measured: string, goal?: string) => void) {
  const bench = await child('own-api', {});
  try {
    for (const [what, goal, run] of runs) {
      const { ours, jose, express } = await bench.ask<OwnApiCosts>(run);
      const rate = (micros: number | undefined) =>
        micros === undefined ? 'not installed' : (1e6 / micros).toFixed(0);
      const fastest = Math.min(jose, express ?? jose);
      row(
        `verifications per second and core, ${what}: express-oauth2-jwt-bearer / jose by hand / ours`,
        `${rate(express)} / ${rate(jose)} / ${rate(ours)} = ${(fastest / ours).toFixed(2)} x the faster`,
        goal,
      );
      if (run === runs[0]?.[2]) {
        const { reads, writes } = await bench.ask<{ reads: number; writes: number }>({
          count: 500,
        });
        row(
          'reads / writes of the table per verification',
          `${reads.toFixed(2)} / ${writes.toFixed(2)}`,
          '0 / 1',
        );
        row('cost of the table per million verifications', ownApiCost({ reads, writes }));
      }
    }
  } finally {
    bench.stop();
  }
}
