import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { eventsDocument, eventsFile } from '#infra/events-document.ts';

test('docs/events.md is what the catalogue of events says today (npm run docs writes it)', async () => {
  expect(await readFile(eventsFile, 'utf8')).toBe(eventsDocument());
});
