// npm run test:examples: each example is installed from npm and from the packed package, built, and used in a browser.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { startSystem } from '#infra/local/run/system.ts';
import { launch, visitor } from '../e2e/browser.ts';
import { tarball } from '../package/packed.ts';

const run = promisify(execFile);
const examples = (await readdir(join(root, 'examples'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
let packed: string;

beforeAll(async () => {
  packed = await tarball();
});

test.each(examples)('the example for %s signs in, shows the users, and signs out', async (name) => {
  // Outside the repository: nothing is found there by chance.
  const folder = await mkdtemp(join(tmpdir(), `example-${name}-`));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(root, 'examples', name), folder, {
    recursive: true,
    filter: (path) => !/node_modules|dist$/.test(path),
  });
  await run('npm', ['install', packed, '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
  await run('npm', ['run', 'build'], { cwd: folder });

  const system = await startSystem({ spa: { folder: join(folder, 'dist') }, environment: {} });
  onTestFinished(() => system.close());
  const browser = await launch();
  onTestFinished(() => browser.close());
  const { page, faults } = await visitor(browser);
  await page.goto(system.url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /Grace/ }).click();
  // She may not read the directory: the app says so.
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /Ada/ }).click();
  await page.getByText('grace@example.com').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
  expect(faults).toEqual([]);
});
