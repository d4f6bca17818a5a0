// Nothing that a stranger, an API or a browser sends may cost more than time in proportion to its length.
import { describe, expect, test } from 'vitest';
import { patternsIn, slowest } from '../support/patterns.ts';

const { patterns, made } = await patternsIn('shared', 'functions', 'spa/client', 'infra/aws');

/** Each once: a pattern that stands in several files is the same. */
const distinct = [...new Map(patterns.map((one) => [one.literal, one])).values()];

/** What these read is the operator's own, and short. */
const ownData = new Set([String.raw`/\/+$/`]);

// What is slow takes a while to be found so.
describe('the judge of patterns', { timeout: 180_000 }, () => {
  test.each([
    /^\s*[\w!#$%&'*+.^`|~-]*\s*(;.*)?$/s,
    /"(?:[^"\\]|\\[\s\S])*(?:"|$)/g,
    /<([^>]*)>((?:"[^"]*"|[^,"])*)/g,
  ])('finds what makes %s slow', (regex) => {
    expect(slowest({ file: 'here', literal: `${regex}`, regex })).toBeDefined();
  });
});

test.each(distinct.filter(({ literal }) => !ownData.has(literal)))(
  'a pattern takes linear time, whatever it is fed: $literal ($file)',
  (pattern) => {
    expect(slowest(pattern)).toBeUndefined();
  },
);

test('no pattern is put together at run time, where nobody can judge it', () => {
  expect(made).toEqual(['infra/aws/deployment.ts']);
});
