import { expect, test, vi } from 'vitest';
import { logFailure } from '#shared/log.ts';

test('pitfall 31: of an error that is not ours the log has its name and our frames, and no line of its message', () => {
  const lines: string[] = [];
  const print = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((line) => lines.push(`${line}`) > 0);
  logFailure(new TypeError('cannot read\nsecret-one\n  at secret-two\nsecret-three'));
  print.mockRestore();
  expect(lines.join()).toContain('TypeError');
  expect(lines.join()).toContain('log.test.ts');
  expect(lines.join()).not.toContain('secret');
});
