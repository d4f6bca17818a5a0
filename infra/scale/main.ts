// `npm run scale`
import { runScale } from './run.ts';

process.exitCode = runScale(process.argv.slice(2), (text) => process.stdout.write(text));
