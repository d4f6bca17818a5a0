import { describe, expect, test } from 'vitest';
import type { BrokerError } from '#core/errors.ts';
import {
  isFetch,
  isOwnDownload,
  navigationOf,
  requireOwnFetch,
  requireOwnForm,
} from '#http/origin.ts';

const own = 'https://app.example';
const verdict = (check: typeof requireOwnFetch, headers: Record<string, string>) => {
  try {
    check({ headers }, own);
    return 'accepted';
  } catch (fault) {
    return (fault as BrokerError).code;
  }
};

describe('a fetch endpoint', () => {
  const csrf = { 'x-bff-csrf': '1' };
  test.each([
    ['the header alone', csrf, 'accepted'],
    ['same-origin', { ...csrf, 'sec-fetch-site': 'same-origin' }, 'accepted'],
    ['our Origin without Fetch Metadata', { ...csrf, origin: own }, 'accepted'],
    ['no header', { 'sec-fetch-site': 'same-origin' }, 'csrf'],
    ['the header twice', { 'x-bff-csrf': '1,1' }, 'csrf'],
    ['another value', { 'x-bff-csrf': 'true' }, 'csrf'],
    ['a sibling subdomain', { ...csrf, 'sec-fetch-site': 'same-site' }, 'csrf'],
    ['another site', { ...csrf, 'sec-fetch-site': 'cross-site' }, 'csrf'],
    ['no site', { ...csrf, 'sec-fetch-site': 'none' }, 'csrf'],
    ['two values', { ...csrf, 'sec-fetch-site': 'same-origin, cross-site' }, 'csrf'],
    ['a foreign Origin', { ...csrf, origin: 'https://evil.example' }, 'csrf'],
    ['a null Origin', { ...csrf, origin: 'null' }, 'csrf'],
    ['a longer Origin', { ...csrf, origin: `${own}.evil.example` }, 'csrf'],
  ])('with %s is judged', (_name, headers, expected) => {
    expect(verdict(requireOwnFetch, headers as Record<string, string>)).toBe(expected);
  });
});

describe('a form', () => {
  test.each([
    ['same-origin', { 'sec-fetch-site': 'same-origin' }, 'accepted'],
    ['our Origin', { origin: own }, 'accepted'],
    ['nothing that says where it comes from', {}, 'csrf'],
    ['cross-site', { 'sec-fetch-site': 'cross-site', origin: own }, 'csrf'],
    ['same-site', { 'sec-fetch-site': 'same-site' }, 'csrf'],
    ['a foreign Origin', { origin: 'https://evil.example' }, 'csrf'],
  ])('with %s is judged', (_name, headers, expected) => {
    expect(verdict(requireOwnForm, headers as Record<string, string>)).toBe(expected);
  });
});

describe('a navigation', () => {
  const page = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  test.each([
    ['without Fetch Metadata', {}, 'own'],
    ['typed in', { ...page, 'sec-fetch-site': 'none' }, 'own'],
    ['from our page', { ...page, 'sec-fetch-site': 'same-origin' }, 'own'],
    ['from another site', { ...page, 'sec-fetch-site': 'cross-site' }, 'foreign'],
    ['from a sibling', { ...page, 'sec-fetch-site': 'same-site' }, 'foreign'],
    ['by fetch', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 'none'],
    ['in a frame', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, 'none'],
    ['by an image', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, 'none'],
    ['by a prefetch', { ...page, 'sec-purpose': 'prefetch' }, 'none'],
    ['by a prerender', { ...page, 'sec-purpose': 'prefetch;prerender' }, 'none'],
    ['by an old prefetch', { purpose: 'prefetch' }, 'none'],
    ['by a prefetch of Firefox', { ...page, 'x-moz': 'prefetch' }, 'none'],
    ['by a prerender alone', { ...page, 'sec-purpose': 'prerender' }, 'none'],
    ['by a preview of Safari', { ...page, purpose: 'preview' }, 'none'],
    ['by a preview, in capitals', { ...page, 'sec-purpose': 'Preview' }, 'none'],
    ['with another purpose', { ...page, 'sec-purpose': 'something' }, 'own'],
    ['by an object', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' }, 'none'],
    ['from nobody knows where', { ...page, 'sec-fetch-site': 'elsewhere' }, 'foreign'],
  ])('%s is told apart', (_name, headers, expected) => {
    expect(navigationOf({ headers: headers as Record<string, string> })).toBe(expected);
  });
});

describe('a download by a link of our own page', () => {
  const own = { 'sec-fetch-site': 'same-origin' };
  test.each([
    ['as a page', 'GET', { ...own, 'sec-fetch-dest': 'document' }, true],
    ['as a file, which has no destination', 'GET', { ...own, 'sec-fetch-dest': 'empty' }, true],
    ['into a frame', 'GET', { ...own, 'sec-fetch-dest': 'iframe' }, false],
    ['as an image', 'GET', { ...own, 'sec-fetch-dest': 'image' }, false],
    ['without a word of what for', 'GET', own, false],
    ['by a form', 'POST', { ...own, 'sec-fetch-dest': 'document' }, false],
    ['by HEAD', 'HEAD', { ...own, 'sec-fetch-dest': 'empty' }, false],
    [
      'from a sibling',
      'GET',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'document' },
      false,
    ],
    ['typed in', 'GET', { 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' }, false],
    ['from nobody says where', 'GET', { 'sec-fetch-dest': 'document' }, false],
  ])('%s is told apart', (_name, method, headers, expected) => {
    expect(isOwnDownload({ method, headers: headers as Record<string, string> })).toBe(expected);
  });
});

test.each([
  ['with our header', { 'x-bff-csrf': '0' }, true],
  ['by cors', { 'sec-fetch-mode': 'cors' }, true],
  ['by no-cors', { 'sec-fetch-mode': 'no-cors' }, true],
  ['by a navigation', { 'sec-fetch-mode': 'navigate' }, false],
  ['by a browser that says nothing', {}, false],
])('a request made %s is a fetch or is not', (_name, headers, expected) => {
  expect(isFetch({ headers: headers as Record<string, string> })).toBe(expected);
});
