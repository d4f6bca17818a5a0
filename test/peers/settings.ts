// The settings that docs/other-servers.md gives for a server: the tests use these very blocks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '#infra/bundle.ts';

const page = readFileSync(join(root, 'docs/other-servers.md'), 'utf8');

/** The blocks of one language in a chapter, in their order. */
export function blocksOf(chapter: string, language: 'json' | 'java'): string[] {
  const [, text = ''] = page.split(`\n## ${chapter}\n`);
  const [own = ''] = text.split('\n## ');
  const fence = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g');
  return [...own.matchAll(fence)].map(([, block = '']) => block);
}
