// `npm run soak -- --minutes N`: hundreds of users for as long as you like, and whether anything grows meanwhile.
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chart } from './chart.ts';
import { chartOf, counted, judged, latencies, table } from './report.ts';
import { run } from './run.ts';
import { latencyName } from './series.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    users: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: join(tmpdir(), 'okta-dpop-bff-soak.svg') },
  },
});
const [minutes = 0, users = 0, seed = 0] = [values.minutes, values.users, values.seed].map(Number);
if (!(minutes > 0 && users > 0 && Number.isInteger(users) && Number.isInteger(seed))) {
  console.error('--minutes, --users and --seed are numbers');
  process.exit(2);
}

const mostOverload = 0.02;

const outcome = await run({ minutes, users, seed });
const { tally, done, troubles, refusals } = outcome;
const all = judged(outcome);
await writeFile(values.out, chart(chartOf(outcome)));

console.log(`Answers\n${counted(tally.answers)}\n`);
console.log(`Meanwhile\n${counted(done)}\n`);
console.log(`Warnings and errors in the log\n${counted(troubles)}\n`);
console.log(`Refusals of the authorization server\n${counted(refusals)}\n`);
console.log(`Latency of calls\n${latencies(outcome)}\n`);
console.log(`From minute ${outcome.warmUp.toFixed(1)} on\n${table(all)}\n`);
if (tally.faults.size > 0) console.log(`Unexpected\n${counted(tally.faults)}\n`);
if (!all.some(({ name }) => name === latencyName)) {
  console.log('Latency was not judged: this machine was busy with other things.');
}
console.log(`chart: ${values.out}`);

const growing = all.filter(({ verdict }) => verdict.grows);
const unexpected = [...tally.faults.values()].reduce((sum, count) => sum + count, 0);
const answers = [...tally.answers.values()].reduce((sum, count) => sum + count, 0);
console.log(
  `${answers.toLocaleString('en')} requests of ${users} users in ${minutes} minutes: ` +
    `${growing.length} of ${all.length} series grow, ${unexpected} unexpected answers, ` +
    `${(tally.overload() * 100).toFixed(1)} % overload (seed ${seed})`,
);
const isOverloaded = tally.overload() > mostOverload;
if (isOverloaded) console.log('This machine is too slow for so many users: nothing is proved.');
process.exitCode = growing.length + unexpected > 0 || isOverloaded ? 1 : 0;
