// A property with its usual number of runs in `npm test`, and with as many as its time allows in `npm run fuzz`.
import { appendFileSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { root } from '#infra/bundle.ts';
import { type Examined, fuzzing } from './fuzz.ts';

export async function holds<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  usual: fc.Parameters<T> = {},
): Promise<void> {
  // Both kinds can be awaited.
  const examinable = property as fc.IAsyncProperty<T>;
  const fuzz = fuzzing();
  if (!fuzz) return fc.assert(examinable, usual);
  const { testPath = '', currentTestName = '' } = expect.getState();
  const details = await fc.check(examinable, {
    seed: fuzz.seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: (fuzz.seconds * 1000) / propertiesIn(readFileSync(testPath, 'utf8')),
    markInterruptAsFailure: false,
    ...(property.isAsync() && { timeout: hangsMs }),
  });
  const violation = details.failed ? fc.defaultReportMessage(details) : undefined;
  const examined: Examined = {
    file: relative(root, testPath),
    property: currentTestName,
    inputs: details.numRuns,
    ...(violation && { violation }),
  };
  appendFileSync(fuzz.report, `${JSON.stringify(examined)}\n`);
  if (violation) throw new Error(violation);
}

/** Nothing takes so long, not even on a busy machine. */
const hangsMs = 60_000;

/** One that is there for several cases counts once: then a file takes longer. */
const propertiesIn = (source: string) => source.match(/await holds\(/g)?.length ?? 1;
