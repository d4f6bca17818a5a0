import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesPattern } from '#core/proxy/url/patterns.ts';
import { holds } from '#test/support/holds.ts';

test.each([
  ['/a', '/a', true],
  ['/a', '/a/', false],
  ['/a*', '/a', true],
  ['/a*', '/a/b/c', true],
  ['*', '', true],
  ['*/secrets', '/a/b/secrets', true],
  ['*/secrets', '/a/b/secrets/', false],
  ['/a*b', '/ab', true],
  ['/ab*b', '/ab', false],
  ['*/c/*/t*', '/u/1/c/2/t', true],
  ['*/c/*/t*', '/u/1/c/t', false],
  ['/a.c', '/abc', false],
  ['/**/x', '/y/x', true],
])('%s on %s: %s', (pattern, path, expected) => {
  expect(matchesPattern(pattern, path)).toBe(expected);
});

test('a star is any run of characters and nothing else is special', async () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '+', '('), maxLength: 4 });
  await holds(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), part, (parts, path) => {
      const escaped = parts.map((one) => one.replace(/[.+(]/g, '\\$&'));
      const expected = new RegExp(`^${escaped.join('.*')}$`).test(path);
      expect(matchesPattern(parts.join('*'), path)).toBe(expected);
    }),
    { numRuns: 1_000 },
  );
});
