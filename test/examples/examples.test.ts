// npm run test:examples: each example is installed from npm and from the packed package, built, and used in a browser.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { launch, visitor } from '../e2e/browser.ts';
import { tarball } from '../package/packed.ts';
import { rendersOnServer, serveExample, toolsEnv } from './serving.ts';

const examples = (await readdir(join(root, 'examples'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
let packed: string;

beforeAll(async () => {
  packed = await tarball();
});

test.each(examples)('the example for %s signs in, shows the users, and signs out', async (name) => {
  const { url } = await serveExample(name, await built(name));
  const browser = await launch();
  onTestFinished(() => browser.close());
  const { page, faults } = await visitor(browser);
  page.setDefaultTimeout(120_000);
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /Grace/ }).click();
  // She may not read the directory: the app says so.
  await page.getByRole('main').getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /Ada/ }).click();
  await page.getByText('grace@example.com').waitFor();
  // The browser withholds the session's cookie when a link of another site opens the app.
  await page.goto(`data:text/html,<a href="${url}">the app</a>`);
  await page.getByRole('link', { name: 'the app' }).click();
  await page.getByText('grace@example.com').waitFor();
  if (rendersOnServer(name)) {
    // A page for members alone sends everybody else to sign in, and they come back to it.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await page.goto(`${url}/members?page=2`);
    await page.getByRole('button', { name: /Ada/ }).click();
    await page.getByRole('heading', { name: 'Hello Ada Lovelace' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/members');
    expect(await (await page.reload())?.text()).not.toMatch(/eyJ|__Host-/);
    await page.goto(url);
  } else {
    // A deep link finds the scripts, too.
    await page.goto(`${url}/some/page`);
    await page.getByText('grace@example.com').waitFor();
  }
  // Only a page that is rendered on a server has them before any script runs.
  const sent = await (await page.reload())?.text();
  expect(sent?.includes('grace@example.com')).toBe(rendersOnServer(name));
  expect(sent).not.toMatch(/eyJ|__Host-/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
  expect(faults).toEqual([]);
});

/** Outside the repository: nothing is found there by chance. */
async function built(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `example-${name}-`));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(root, 'examples', name), folder, {
    recursive: true,
    filter: (path) =>
      !/node_modules|(build|dist)$|\.(angular|astro|next|nuxt|output|svelte-kit)$/.test(path),
  });
  const npm = (...args: string[]) => run('npm', args, { cwd: folder, env: toolsEnv });
  const quick = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await npm('install', packed, '--include=dev', ...quick);
  await npm('run', 'build');
  return folder;
}

const run = promisify(execFile);
