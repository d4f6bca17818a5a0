import { describe, expect, test } from 'vitest';
import { balanceOf, countedPart, settledSpan } from '#core/keys/signatures/balance.ts';
import type { Series } from '#core/keys/signatures/records.ts';

const hour = 3600;
const slot = 300;
const span = { from: 100 * hour, to: 124 * hour };

/** So many in each slot of the span. */
const steadily = (each: number, from = span.from, to = span.to): Series =>
  Array.from({ length: (to - from) / slot }, (_, n) => [from + n * slot, each] as const);
const once = (count: number, at = span.from + 12 * hour): Series => [[at, count]];
const nothing: Series = [];
const balance = (kms: Series | undefined, signed: Series, unanswered = nothing) =>
  balanceOf({ kms, signed, unanswered }, span);

describe('what fits', () => {
  test('the same count', () => {
    expect(balance(steadily(100), steadily(100))).toMatchObject({
      kms: 28_800,
      signed: 28_800,
      foreign: 0,
      finding: 'balanced',
    });
  });

  test('KMS signed, and the answer was lost', () => {
    const found = balance(once(1_100), once(1_000), once(100));
    expect(found).toMatchObject({ foreign: 0, finding: 'balanced' });
  });

  test('KMS did not sign what was never answered', () => {
    const found = balance(once(1_000), once(1_000), once(100));
    expect(found).toMatchObject({ foreign: 0, finding: 'balanced' });
  });

  test.each([
    ['beginning', span.from, span.from - slot],
    ['end', span.to - slot, span.to],
  ])('a signature that the two counts put on different sides of the %s', (_, kms, ours) => {
    expect(balance(once(500, kms), once(500, ours))).toMatchObject({ finding: 'balanced' });
    expect(balance(once(500, ours), once(500, kms))).toMatchObject({ finding: 'balanced' });
  });

  test('a fiftieth that environments did not report', () => {
    expect(balance(once(1_020), once(1_000)).finding).toBe('balanced');
  });

  test('a key that nobody used, with or without a metric', () => {
    expect(balance(undefined, nothing).finding).toBe('balanced');
    expect(balance(nothing, nothing).finding).toBe('balanced');
  });
});

describe('what does not fit', () => {
  test('a key that we never used, and somebody did', () => {
    expect(balance(once(11), nothing)).toMatchObject({ foreign: 11, finding: 'foreign' });
  });

  test.each([1_000, 100_000])('one signature in thirty beside %d of ours', (ours) => {
    expect(balance(once(ours * (1 + 1 / 30)), once(ours)).finding).toBe('foreign');
  });

  test.each([
    ['a day', 30, 24],
    ['an hour', 4, 1],
  ])('in %s of steady work, one signature for %d of ours, edges included', (_, ours, hours) => {
    const part = { from: span.to - hours * hour, to: span.to };
    const wide = steadily(100, part.from - 2 * slot, part.to + 2 * slot);
    const kms = [...wide, ...once((1_200 * hours) / ours, part.from)];
    expect(balanceOf({ kms, signed: wide, unanswered: nothing }, part).finding).toBe('foreign');
  });

  test('we signed, and CloudWatch has no metric', () => {
    expect(balance(undefined, once(1))).toMatchObject({ kms: undefined, finding: 'no_metric' });
  });

  test('KMS counted fewer than the signatures that we have', () => {
    expect(balance(nothing, once(12)).finding).toBe('fewer');
    expect(balance(once(900), once(1_000)).finding).toBe('fewer');
  });
});

test('the span ends when CloudWatch surely has both counts, at a whole slot', () => {
  const now = 1_800_000_123;
  const { from, to } = settledSpan(now, 24);
  expect(to % slot).toBe(0);
  expect(now - to).toBeGreaterThanOrEqual(1_200);
  expect(to - from).toBe(24 * hour);
});

test('the time before signatures were counted is left out', () => {
  expect(countedPart(span, 0)).toEqual(span);
  const since = span.from + 10 * hour + 1;
  const part = countedPart(span, since);
  expect(part?.to).toBe(span.to);
  expect(part?.from).toBeGreaterThan(since);
  expect(countedPart(span, span.to)).toBeUndefined();
});
