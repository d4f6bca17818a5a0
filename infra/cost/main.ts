// `npm run cost`
import { runCost } from './run.ts';

process.exitCode = await runCost(process.argv.slice(2), (text) => process.stdout.write(text));
