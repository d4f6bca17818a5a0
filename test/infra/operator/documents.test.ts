// What the documents tell operators to type.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { parseCommand } from '#infra/operator/arguments.ts';
import { verbs } from '#infra/operator/verbs.ts';
import { runOperator, wordsOf } from '#test/support/operator-command.ts';
import { visitor } from '#test/support/visitor.ts';

const call = 'npm run operator -- ';
const text = (file: string) => readFile(join(root, file), 'utf8');

let system: System;
beforeAll(async () => {
  system = await startSystem({
    environment: {},
    variables: { BFF_KEY_RING_SECONDS: '0.01' },
    // The new assertion key is not waited for.
    okta: { keySetSeconds: 0 },
  });
});
afterAll(() => system?.close());

/** The key that somebody who reads this line means. */
async function keyFor(line: string): Promise<string> {
  const { keys } = JSON.parse(
    (await runOperator('keys list --json', { local: system.gateway.lambdaUrl })).out,
  ) as { keys: { name: string; use: string; state: string }[] };
  const wanted = line.includes('retire') ? 'draining' : 'active';
  const found = keys.filter(({ use, state }) => use === 'dpop' && state === wanted);
  return found.at(-1)?.name ?? keys[0]?.name ?? '';
}

test('every command of the operations page can be typed as it stands, and does what it says', async () => {
  const lines = [...(await text('docs/operations.md')).matchAll(/^ {4}npm run operator -- (.*)$/gm)]
    .map(([, line = '']) => line.replace(/\s+#.*$/, ''))
    .filter((line) => line !== 'help');
  expect(lines.length).toBeGreaterThan(12);
  for (const line of lines) {
    const ada = visitor(system.url);
    await ada.signIn();
    const here = line
      .replace('mrk-1a2b3c4d', await keyFor(line))
      .replace(/ --stack .*$/, '')
      .replace('--use assertion', '--use assertion --wait 0');
    const { code, err } = await runOperator(here, { local: system.gateway.lambdaUrl });
    // A key that has just begun to drain is not retired yet, a system with drained keys has something to say, and no
    // hourly run has begun to count signatures.
    const mayRefuse = /^keys retire|^status|^signatures/.test(line);
    expect(code, `${here}: ${err}`).toBeLessThanOrEqual(mayRefuse ? 1 : 0);
  }
});

test.each(['docs/operations.md', 'docs/runbooks.md'])(
  'the commands within the sentences of %s exist, with these flags, and lack nothing',
  async (file) => {
    const quoted = [...(await text(file)).matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)]
      .map(([, code = '']) => code.replace(/\s+/g, ' ').replace(/<[^>]+>|…/g, 'mrk-1a2b3c4d'))
      .filter((code) => /^(npm run operator -- |(keys|sessions) )/.test(code));
    expect(quoted.length).toBeGreaterThan(4);
    for (const code of quoted) {
      if (code.startsWith(call)) {
        expect(parseCommand(wordsOf(code.slice(call.length))), code).toMatchObject({ lacks: [] });
      } else {
        const flags = verbs[wordsOf(code).slice(0, 2).join(' ')]?.flags;
        expect(flags, code).toBeDefined();
        for (const [, flag] of code.matchAll(/ --([\w-]+)/g)) expect(flags, code).toContain(flag);
      }
    }
  },
);
