// Every block of TypeScript in the documents for app developers, compiled against the packed client as theirs will be.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packedApp } from './packed.ts';

const documents = ['docs/spa.md', 'docs/migrate-from-okta-auth-js.md'];

async function blocksOf(path: string): Promise<[name: string, text: string][]> {
  const text = await readFile(path, 'utf8');
  const name = path.replace(/\W/g, '-');
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(([, kind, code], index) => [
    `src/${name}-${index + 1}.${kind}`,
    code ?? '',
  ]);
}

test('the documents compile', async () => {
  const blocks = (await Promise.all(documents.map(blocksOf))).flat();
  expect(blocks.length).toBeGreaterThanOrEqual(20);
  const app = await packedApp({
    ...Object.fromEntries(blocks),
    // What the blocks assume to be in the reader's app.
    'src/users.ts': 'export class Users {}',
    'src/playwright.d.ts': `declare module '@playwright/test' {
      import type { Page } from 'playwright-core';
      export function test(title: string, body: (fixtures: { page: Page }) => Promise<void>): void;
    }`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
        module: 'esnext',
        moduleResolution: 'bundler',
        types: [],
        noEmit: true,
        jsx: 'react-jsx',
        strict: true,
        experimentalDecorators: true,
        skipLibCheck: true,
      },
      include: ['src'],
    }),
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  await app.run('typescript/bin/tsc');
});

test.each(documents)('the links within %s lead somewhere', async (path) => {
  const text = await readFile(path, 'utf8');
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  const files = [...text.matchAll(/\bdocs\/[\w-]+\.md/g)].map(([file]) => file);
  for (const file of files) await expect(readFile(join('.', file)), file).resolves.toBeDefined();
});
