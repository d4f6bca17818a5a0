// Nothing that a stranger, an API or a browser sends may cost more than time in proportion to its length.
import { expect, test } from 'vitest';
import { patternsIn, worstOf } from '../support/patterns.ts';

const { patterns, made } = await patternsIn('shared', 'functions', 'spa/client', 'infra/aws');

/** Each once: a pattern that stands in several files is the same. */
const distinct = [...new Map(patterns.map((one) => [one.literal, one])).values()];

/** What these read is the operator's own, and short. */
const ownData = new Set([String.raw`/\/+$/`]);

test.each([
  /^\s*[\w!#$%&'*+.^`|~-]*\s*(;.*)?$/s,
  /"(?:[^"\\]|\\[\s\S])*(?:"|$)/g,
  /<([^>]*)>((?:"[^"]*"|[^,"])*)/g,
  /(?:a|b|ab)*c/,
  // Only its matcher can judge what looks around.
  /(?<=;)\s*\s*$/,
])('the judge finds what makes %s slow', async (regex) => {
  expect(await worstOf({ file: 'here', literal: `${regex}`, regex })).toMatch(
    /polynomial|exponential/,
  );
});

// The judge takes seconds over some, and a busy machine many times that.
test.each(distinct.filter(({ literal }) => !ownData.has(literal)))(
  'a pattern takes linear time, whatever it is fed: $literal ($file)',
  async (pattern) => {
    expect(await worstOf(pattern)).toBeUndefined();
  },
  180_000,
);

test('no pattern is put together at run time, where nobody can judge it', () => {
  expect(made).toEqual(['infra/aws/app/deployment.ts']);
});
