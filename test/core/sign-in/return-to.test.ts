import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeReturnTo, withLoginError } from '#core/sign-in/return-to.ts';
import { elsewhere } from '#test/support/elsewhere.ts';
import { holds } from '#test/support/holds.ts';

const origin = 'https://app.example';

describe('return_to never leads elsewhere', () => {
  test.each(elsewhere)('%j is refused', (path) => {
    expect(safeReturnTo(path, origin)).toBeUndefined();
  });

  test.each([
    ['/', '/'],
    ['/users?page=2&sort=a%20b#top', '/users?page=2&sort=a%20b#top'],
    ['/a/../b', '/b'],
    ['/search?q=//evil.example', '/search?q=//evil.example'],
    ['/päge', '/p%C3%A4ge'],
    ['/@user', '/@user'],
    ['/bffalo', '/bffalo'],
  ])('%j becomes %j', (path, expected) => {
    expect(safeReturnTo(path, origin)).toBe(expected);
  });

  test('whatever passes stays on our origin for a browser, and passes again unchanged', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '/',
        '//',
        '\\',
        '..',
        '.',
        '@',
        ':',
        '%2f',
        '%5c',
        '\t',
        'evil.example',
        '?',
        '#',
      ),
    );
    await holds(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const safe = safeReturnTo(`/${parts.join('')}`, origin);
        if (safe === undefined) return;
        expect(new URL(safe, origin).origin).toBe(origin);
        expect(safe).toMatch(/^\/(?!\/)/);
        expect(safeReturnTo(safe, origin)).toBe(safe);
      }),
      { numRuns: 3000 },
    );
  });
});

test('the error code joins the existing query, before the fragment', () => {
  expect(withLoginError('/a?b=1#c', 'access_denied', origin)).toBe(
    '/a?b=1&login_error=access_denied#c',
  );
});
