import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '#core/errors.ts';
import { languageFor, sentences } from '#http/languages.ts';
import type { HttpRequest } from '#http/message.ts';
import { textOn } from '#http/page-document.ts';
import {
  confirmSignInPage,
  deadSignInPage,
  errorPage,
  loginLoopPage,
  type Site,
  signingOutPage,
} from '#http/pages.ts';

const plain: Site = { pages: {}, publicOrigin: 'https://app.example' };
const asked = (headers: Record<string, string> = {}, more: object = {}) => ({
  id: 'r1',
  method: 'GET',
  path: '/bff/login',
  rawQuery: '',
  headers,
  cookies: ['a=b'],
  body: undefined,
  ...more,
});
const policyOf = ({ headers = {} }: { headers?: Record<string, string> }) =>
  headers['content-security-policy'] ?? '';

describe('the language', () => {
  test.each([
    ['', 'en'],
    ['de', 'de'],
    ['de-AT,en;q=0.5', 'de'],
    ['nl,fr;q=0.8,de;q=0.9', 'de'],
    ['ES-MX', 'es'],
    ['ja-JP;q=0.3, pt', 'ja'],
    ['de;q=0, fr;q=0.1', 'fr'],
    ['*', 'en'],
    ['toString, constructor', 'en'],
    ['fr;q=two', 'en'],
    ['de;level=1;q=0.2,es;q=0.3', 'es'],
    [`${'x,'.repeat(5000)}de`, 'en'],
  ])('for %j is %s', (header, language) => {
    expect(languageFor(header)).toBe(language);
  });

  test('is said in the document and in its headers, and caches know what it depends on', () => {
    const page = confirmSignInPage(asked({ 'accept-language': 'fr-CA' }), plain, '/bff/login');
    expect(page.body).toContain('<html lang="fr">');
    expect(page.body).toContain('Voulez-vous vous connecter');
    expect(page.headers).toMatchObject({
      'content-language': 'fr',
      vary: 'Cookie, Accept-Language',
    });
  });

  test('has its own sentence for everything: none is left in English', () => {
    const texts = (language: 'en' | 'de' | 'fr' | 'es' | 'ja') =>
      Object.values(sentences(language)).flatMap((told) =>
        typeof told === 'string' ? [told] : [told.title, told.text],
      );
    const english = new Set(texts('en'));
    for (const language of ['de', 'fr', 'es', 'ja'] as const) {
      expect(texts(language).filter((text) => english.has(text))).toEqual([]);
      expect(texts(language)).toHaveLength(texts('en').length);
    }
  });
});

describe('the look', () => {
  const look = { name: 'Acme <Shop>', logo: '/logo.svg', color: '#ffcc00' };
  const page = confirmSignInPage(asked(), { ...plain, pages: look }, '/bff/login');

  test('shows name and logo, which the policy lets in, and nothing else', () => {
    expect(page.body).toContain('Acme &#60;Shop&#62;');
    expect(page.body).toContain('<img src="/logo.svg" alt="">');
    expect(policyOf(page)).toContain("img-src 'self' data:;");
    expect(policyOf(page)).toContain("default-src 'none'");
    expect(policyOf(confirmSignInPage(asked(), plain, '/'))).toContain('img-src data:;');
  });

  test('puts the colour into the one style that the policy allows', () => {
    const style = /<style>(.*)<\/style>/s.exec(String(page.body))?.[1] ?? '';
    expect(style).toContain('--accent:#ffcc00;--on-accent:#000');
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policyOf(page)).toContain(`style-src 'sha256-${hash}'`);
  });

  test('keeps the text on every colour readable: at least 4.5 to 1', () => {
    for (let red = 0; red < 256; red += 15)
      for (let green = 0; green < 256; green += 15)
        for (let blue = 0; blue < 256; blue += 15) {
          const hex = [red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('');
          const contrast = contrastOf(
            `#${hex}`,
            textOn(`#${hex}`) === '#000' ? '#000000' : '#ffffff',
          );
          expect(contrast, hex).toBeGreaterThanOrEqual(4.5);
        }
  });
});

/** WCAG 2.2, "contrast ratio". */
function contrastOf(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [one, other].map(luminance).toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const parts = /#(..)(..)(..)/.exec(color)?.slice(1) ?? [];
  const [red = 0, green = 0, blue = 0] = parts
    .map((part) => Number.parseInt(part, 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('what it says and where it leads', () => {
  const page = (request: HttpRequest, code: ErrorCode) =>
    errorPage(request, code, { config: plain });
  const linksOf = ({ body }: { body?: unknown }) =>
    [...String(body).matchAll(/<a class="[^"]*" href="([^"]*)">([^<]*)</g)].map(
      ([, href = '', label]) => [label, href.replaceAll('&#38;', '&')],
    );

  test('a sign-in that cannot begin names the sign-in service, and trying again keeps everything', () => {
    const rawQuery = 'return_to=%2Fusers%3Fpage%3D3&max_age=0';
    const answer = page(asked({}, { rawQuery }), 'login_failed');
    expect(answer.status).toBe(502);
    expect(answer.body).toContain('The sign-in service cannot be reached');
    expect(linksOf(answer)).toEqual([
      ['Try again', `/bff/login?${rawQuery}`],
      ['Back to the application', '/users?page=3'],
    ]);
  });

  test('a return_to that leads elsewhere is offered to nobody', () => {
    const answer = page(asked({}, { rawQuery: 'return_to=//evil.example' }), 'bad_return_to');
    expect(linksOf(answer)).toEqual([['Back to the application', '/']]);
    expect(answer.body).not.toContain('evil');
  });

  test('a callback that is opened twice leads to the application, for those who are signed in', () => {
    const twice = deadSignInPage(asked(), plain, true);
    expect(twice.body).toContain('You are already signed in');
    expect(linksOf(twice)[0]).toEqual(['Back to the application', '/']);
    const other = deadSignInPage(asked(), plain, false);
    expect(linksOf(other)[0]).toEqual(['Sign in', '/bff/login']);
    expect(other.body).not.toContain('cookie');
  });

  test('a callback without a single cookie says that cookies may be blocked', () => {
    const blocked = deadSignInPage(asked({}, { cookies: [] }), plain, false);
    expect(blocked.body).toContain('cookies are blocked for this site');
    const loop = loginLoopPage(asked(), plain, '/bff/login?return_to=/a', false);
    expect(loop.body).toContain('blocking cookies');
    expect(linksOf(loop)).toEqual([['Try again', '/bff/login?return_to=/a']]);
  });

  test('a wrong configuration still has a page', () => {
    const answer = errorPage(asked(), 'internal', undefined);
    expect(answer.body).toContain('Something went wrong');
  });

  test('only the page that signs out has a script, and only that one', () => {
    const out = signingOutPage(asked(), plain, {
      endpoint: new URL('https://acme.okta.example/logout'),
      parameters: { id_token_hint: '"><script>' },
    });
    expect(policyOf(out)).toContain("form-action https://acme.okta.example 'self'");
    expect(String(out.body).match(/<script>/g)).toHaveLength(1);
    expect(policyOf(page(asked(), 'internal'))).not.toContain('script-src');
  });
});
