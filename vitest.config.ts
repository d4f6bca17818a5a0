import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongFilesFirst } from './test/run/long-files-first.ts';

const documentOfTests = new URL('test/spa/dom.ts', import.meta.url);
const ownTemp = './test/run/own-temp.ts';
const bundlesOnce = './test/run/bundles-once.ts';

// fast: everything that needs nothing but npm. e2e: real Chromium against `npm start`.
export default defineConfig({
  test: {
    // What a passing test logged is of no interest.
    silent: 'passed-only',
    sequence: { sequencer: LongFilesFirst },
    projects: [
      {
        resolve: { alias: { 'vitest-environment-dom': fileURLToPath(documentOfTests) } },
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/deploy/**', 'test/examples/**', 'test/peers/**'],
          globalSetup: [ownTemp, bundlesOnce],
          // A process runs file after file, and loads its modules once: the AWS CDK and its validator take seconds.
          isolate: false,
          // Room for what a test makes and drops: a sixth of the CPU went into collecting it.
          execArgv: ['--max-semi-space-size=64'],
          // Vitest leaves one core alone; of two that is half the machine, and many tests only wait.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: [ownTemp, bundlesOnce],
          expect: { poll: { timeout: 20_000 } },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'examples',
          include: ['test/examples/**/*.test.ts'],
          globalSetup: [ownTemp, bundlesOnce],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'peers',
          include: ['test/peers/**/*.test.ts'],
          globalSetup: [ownTemp, bundlesOnce],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'deploy',
          include: ['test/deploy/**/*.test.ts'],
          globalSetup: ownTemp,
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
