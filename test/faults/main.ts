// `npm run faults -- --minutes N --seed S`: random faults under load, and what must hold nevertheless.
import { parseArgs } from 'node:util';
import { answers, history, lastLine, matrix } from './report.ts';
import { run } from './runner.ts';
import { runSweep } from './sweep/main.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    users: { type: 'string', default: '12' },
    only: { type: 'string' },
    sweep: { type: 'boolean' },
    lanes: { type: 'string', default: '3' },
  },
});
if (values.sweep) {
  process.exit(await runSweep({ only: values.only, lanes: Number(values.lanes) }));
}
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const [minutes, users] = [Number(values.minutes), Number(values.users)];
if (![seed, minutes, users].every((one) => Number.isFinite(one) && one >= 0)) {
  console.error('--minutes, --seed and --users are numbers');
  process.exit(2);
}

const began = performance.now();
const result = await run({
  seed,
  client: seed % 2 === 0 ? 'key' : 'secret',
  regions: 2,
  users,
  phases: Number.POSITIVE_INFINITY,
  phaseRequests: 150,
  phaseMs: 4_000,
  mostMs: minutes * 60_000,
  restMs: 350,
  tokenSeconds: 6,
  // More than there are requests at once: on Lambda none waits for another.
  environments: 500,
  only: values.only,
});
const shown = 20;
for (const violation of result.violations.slice(0, shown)) {
  console.log(history(violation, result.recording));
}
if (result.violations.length > shown) console.log(`… and ${result.violations.length - shown} more`);
console.log(answers(result.recording));
console.log(matrix(result.recording));
if (result.violations.length > 0) {
  const only = values.only ? ` --only '${values.only}'` : '';
  console.log(
    `Repeat it: npm run faults -- --minutes ${minutes} --seed ${seed} --users ${users}${only}`,
  );
}
console.log(lastLine(result, seed, (performance.now() - began) / 60_000));
process.exitCode = result.violations.length > 0 ? 1 : 0;
