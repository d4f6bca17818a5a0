// `npm run bench`: the numbers of the documents, side by side in one run, as ratios and medians.
// Absolute times move with the machine; each cell is timed only after its answer was checked.
import { parseArgs } from 'node:util';
import { algorithmRows } from './algorithm-rows.ts';
import { boundRows } from './bound-rows.ts';
import { coldStart } from './cold-start.ts';
import { gatewayRows } from './gateway-rows.ts';
import { growthRows } from './growth-rows.ts';
import { handlerRows } from './handler-rows.ts';
import { lambdaRows } from './lambda/rows.ts';
import { ownApiRows } from './own-api-rows.ts';
import { type Parts, startParts } from './parts.ts';
import { type Row, rowsOfRun, writeTable } from './rows.ts';

const usage = `npm run bench -- [--only growth] [--sessions 1000000] [--write]

Measures everything side by side. Takes about six minutes on a quiet machine.

  --only NAMES   just these groups of rows, with commas: ${Object.keys(groups()).join(', ')}
  --sessions N   the most sessions of the rows on growth: 100 to 1000000 (100000)
  --write        puts the table into docs/numbers.md, with the machine and the date
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    sessions: { type: 'string', default: '100000' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
const sessions = Number(values.sessions);
const all = groups();
const names = values.only?.split(',') ?? Object.keys(all);
const wrong =
  names.find((name) => !Object.hasOwn(all, name)) ??
  (sessions >= 100 && sessions <= 1_000_000 ? undefined : values.sessions) ??
  (values.write && values.only ? '--write with --only' : undefined);

if (values.help) {
  process.stdout.write(usage);
} else if (wrong) {
  console.error(`${wrong} is not possible; see --help`);
  process.exitCode = 2;
} else {
  const { row, table } = rowsOfRun();
  const parts = await startParts();
  try {
    for (const name of names) await all[name]?.(parts, row);
    console.log(table());
    if (values.write) await writeTable(table());
  } finally {
    await parts.stop();
  }
}

function groups(): Record<string, (parts: Parts, row: Row) => Promise<void>> {
  return {
    handler: handlerRows,
    bound: boundRows,
    algorithm: algorithmRows,
    lambda: lambdaRows,
    growth: (parts, row) => growthRows(parts, sessions, row),
    gateway: gatewayRows,
    bundle: bundleRows,
    'own-api': (_parts, row) => ownApiRows(row),
  };
}

/** What a cold start loads. */
async function bundleRows({ proxy, folder }: Parts, row: Row): Promise<void> {
  row('bundle of proxy.ts', `${(proxy.bytes / 1000).toFixed(0)} kB`, 'under 350 kB');
  const cold = await coldStart(proxy.file, folder);
  row('import of proxy.ts over the two bare SDK clients', `${cold.toFixed(2)} x`, 'at most 1.0 x');
}
