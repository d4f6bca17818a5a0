// A short run with a fixed seed. `npm run faults` makes long ones.
import { expect, test } from 'vitest';
import { history } from './report.ts';
import { type RunOptions, run } from './runner.ts';

const short: RunOptions = {
  seed: 87,
  client: 'key',
  regions: 1,
  users: 5,
  phases: 5,
  phaseRequests: 120,
  // A busy machine takes long for so many.
  phaseMs: 30_000,
  restMs: 60,
  tokenSeconds: 4,
  environments: 3,
};

test('whatever fails at whatever step, no session is lost, nothing happens twice and nobody sees what is not theirs', async () => {
  const { recording, violations } = await run(short);
  expect(violations.map((one) => history(one, recording)).join('\n\n')).toBe('');
  // It has seen something.
  const served = recording.exchanges.filter((one) => one.status === 200 && one.act !== 'operator');
  expect(served.length).toBeGreaterThan(10);
  expect(recording.injected.length).toBeGreaterThan(100);
  const struck = new Set(recording.injected.map(({ dependency }) => dependency));
  expect(struck.size).toBeGreaterThan(2);
}, 240_000);
