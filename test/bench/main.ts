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
import { startParts } from './parts.ts';
import { rowsOfRun, writeTable } from './rows.ts';

const usage = `npm run bench -- [--sessions 100000] [--write]

Measures everything side by side. Takes about five minutes on a quiet machine.

  --sessions N   the most sessions of the rows on growth: 100 to 1000000
  --write        puts the table into docs/numbers.md, with the machine and the date
`;

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '100000' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  const { row, table } = rowsOfRun();
  const parts = await startParts();
  try {
    await handlerRows(parts, row);
    await boundRows(parts, row);
    await algorithmRows(parts, row);
    await lambdaRows(parts, row);
    await growthRows(parts, Number(values.sessions), row);
    await gatewayRows(parts, row);
    // What a cold start loads.
    row('bundle of proxy.ts', `${(parts.proxy.bytes / 1000).toFixed(0)} kB`, 'under 350 kB');
    const cold = await coldStart(parts.proxy.file, parts.folder);
    row(
      'import of proxy.ts over the two bare SDK clients',
      `${cold.toFixed(2)} x`,
      'at most 1.0 x',
    );
    // What an API pays that checks what it gets.
    await ownApiRows(row);
    console.log(table());
    if (values.write) await writeTable(table());
  } finally {
    await parts.stop();
  }
}
