// `npm run operator`: keys and sessions of the deployed broker, or of the one on this machine.
import { runOperator } from './run.ts';

process.exitCode = await runOperator(process.argv.slice(2), 'npm run operator --');
