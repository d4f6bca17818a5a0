// Runs the test files it is sent, in that order, until one fails. Vitest stays, with all it has transformed.
import { join, relative } from 'node:path';
import { BaseSequencer, createVitest, type TestModule, type TestSpecification } from 'vitest/node';
import type { Outcome } from './trial.ts';

class AsGiven extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    return files;
  }
}

const [root = ''] = process.argv.slice(2);
let failed: Outcome | undefined;
const vitest = await createVitest({
  root,
  project: ['fast'],
  watch: false,
  bail: 1,
  isolate: false,
  maxWorkers: 1,
  silent: true,
  sequence: { sequencer: AsGiven },
  reporters: [{ onTestModuleEnd: notice }],
});
const project = vitest.projects.find(({ name }) => name === 'fast');
if (!project) throw new Error('there is no project fast');

process.on('message', async (tests: readonly string[]) => {
  failed = undefined;
  const files = tests.map((test) => project.createSpecification(join(root, test)));
  const { unhandledErrors } = await vitest.runTestSpecifications(files);
  const [error] = unhandledErrors as { message?: string; VITEST_TEST_PATH?: string }[];
  if (error) {
    const test = relative(root, error.VITEST_TEST_PATH ?? join(root, tests.at(-1) ?? ''));
    failed ??= { kind: 'failed', test, message: String(error.message) };
  }
  process.send?.(failed ?? { kind: 'passed' });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

function notice(module: TestModule): void {
  if (failed || module.ok()) return;
  const tests = [...module.children.allTests('failed')];
  const errors = [...module.errors(), ...tests.flatMap((test) => test.result().errors ?? [])];
  failed = {
    kind: 'failed',
    test: module.relativeModuleId,
    message: [tests[0]?.fullName, errors[0]?.message].filter(Boolean).join(': ').slice(0, 400),
  };
}
