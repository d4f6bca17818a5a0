import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { memoryIn } from './memory.ts';
import { mutantsOf } from './mutants.ts';
import { type Recorded, record } from './recording.ts';
import type { Switch } from './switch.ts';

const sample = mutantsOf('a.ts', 'const a = b && c === d;');
const [first, second] = sample.map(({ key }) => key);

test('a test is recorded once, until its text changes or it fails, also by a later run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-recording-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  let runs = 0;
  let passes = true;
  const trial = {
    folder,
    async run({ reached = '' }: Switch) {
      runs += 1;
      appendFileSync(reached, `${first}\n`);
      return passes ? { kind: 'passed' as const } : { kind: 'hung' as const };
    },
    close: () => {},
  };
  const recorded = (text: string) => {
    const inputs = { files: new Set(['a.ts']), digest: 'd' };
    const memory = memoryIn<Recorded>('recorded', folder);
    return record({ trial, memory }, { name: 'a.test.ts', text, inputs }, sample);
  };
  expect(await recorded('1')).toMatchObject({ passed: true, reached: [first], missed: [second] });
  await recorded('1');
  expect(runs).toBe(1);
  passes = false;
  expect((await recorded('2')).passed).toBe(false);
  await recorded('2');
  expect(runs).toBe(3);
});
