// Every endpoint that a function answers has a route that leads to that function: a forgotten one would be 404.
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { running } from '#test/support/running.ts';

const run = running();

test('each path in the endpoint tables of the functions is reached through the gateway', async () => {
  const sources = (await readdir('functions')).map((file) => readFile(`functions/${file}`, 'utf8'));
  const paths = (await Promise.all(sources)).flatMap((source) =>
    [...source.matchAll(/^\s+'(\/bff\/[\w-]+)': \{/gm)].map(([, path = '']) => path),
  );
  expect(paths.length).toBeGreaterThan(8);
  for (const path of paths) {
    // No endpoint has this method: an endpoint that is reached says which it has.
    const answer = await run.someone().send(path, { method: 'PATCH' });
    expect([answer.status, answer.json().code], path).toEqual([405, 'method_not_allowed']);
  }
});
