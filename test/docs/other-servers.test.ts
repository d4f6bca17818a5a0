// docs/other-servers.md: the servers of test:peers are set up as the page says, and our configurations on it are valid.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { parseConfig } from '#shared/config/parse.ts';
import { blocksOf } from '../peers/settings.ts';

test('each line of Java on the page is a line of the Spring server that the tests run', async () => {
  const server = await readFile(join(root, 'test/peers/spring/Server.java'), 'utf8');
  const lines = blocksOf('Spring Authorization Server', 'java').flatMap((block) =>
    block.trim().split('\n'),
  );
  expect(lines.length).toBeGreaterThan(5);
  const has = (line: string) => server.includes(line.replace(/;$/, ''));
  expect(lines.filter((line) => !has(line))).toEqual([]);
});

test.each(['Keycloak', 'Spring Authorization Server'])(
  'the configuration for %s is one that the broker takes',
  (chapter) => {
    const config = JSON.parse(blocksOf(chapter, 'json').at(-1) ?? '');
    expect(parseConfig(config, 'deployed')).toMatchObject({ clientId: 'app' });
  },
);
