// docs/configuration.md lists what can be set.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { configFields, route } from '#shared/config/schema.ts';

const page = await readFile(join(root, 'docs/configuration.md'), 'utf8');
const [ofTheBroker = '', ofARoute = ''] = page.split('\n## Routes\n');

test.each(configFields)('the page says what %s does', (field) => {
  expect(ofTheBroker).toMatch(new RegExp(`\`${field}[.\`]`));
});

test('its table of a route names every field of one, and no other', () => {
  const rows = [...ofARoute.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(rows.toSorted()).toEqual(Object.keys(route.shape).toSorted());
});
