// Sources, tests and documents cite what anybody can open: an RFC, a page of Okta or AWS, a file in docs/.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';

/** The rows and chapters of working papers that are not in this repository. */
const papers = [
  /\b(?:AWS|BBA|BCL|CK|DP|FA|FCL|FM|GTR|ID|ISS|LC|LOG|MD|OKT|PAR|PK|REV|SB|SU)-\d+\b/,
  /\b(?:pitfalls?|findings?|issues?|requirements?) #?\d/i,
  // The seed of a run of chance has a number, too.
  /\bseeds\/\d/,
  /\bdesign:? ?(?:section|\d)/i,
  /\b(?:design|pitfalls|requirements|redesign)\.md\b/,
];
const isPaper = (line: string) => papers.some((pattern) => pattern.test(line));

const places = [
  'README.md',
  'CONTRIBUTING.md',
  'docs',
  'functions',
  'infra',
  'shared',
  'spa',
  'test',
];

test('nothing cites a document that nobody can open', async () => {
  const files = (await Promise.all(places.map(textsIn))).flat();
  expect(files.length).toBeGreaterThan(200);
  const found: string[] = [];
  for (const file of files) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    lines.forEach((line, at) => {
      if (isPaper(line)) found.push(`${file}:${at + 1} ${line.trim()}`);
    });
  }
  expect(found).toEqual([]);
});

test('names of algorithms, encodings and standards are not such citations', () => {
  const fine =
    'SHA-256 ES256 UTF-8 AES-256 RS256 CVE-2025-48947 RFC 9449 section 4.2 ISO-8859-1 P-256';
  expect(isPaper(fine)).toBe(false);
  const cited = ['OKT|13', 'DP|7, DP|8', 'AWS|28'].map((code) => code.replaceAll('|', '-'));
  const named = ['pitfall|27', 'design:|section 1.3', 'Issue|6', 'requirements|4'];
  for (const code of [...cited, ...named.map((name) => name.replace('|', ' '))]) {
    expect(isPaper(`of ${code}: it holds`), code).toBe(true);
  }
});

/** The file, or all files of text below the folder. */
async function textsIn(place: string): Promise<string[]> {
  if (place.includes('.')) return [place];
  const below = await readdir(join(root, place), { recursive: true });
  return below
    .filter((file) => !file.includes('node_modules'))
    .filter((file) => /\.(?:ts|mjs|py|java|md|html|css)$/.test(file))
    .map((file) => join(place, file));
}
