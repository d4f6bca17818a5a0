import { expect, test } from 'vitest';
import { type SignatureTally, signatureTally, unreportedShare } from '#core/dpop/tally.ts';

const minute = 60_000;
function counting() {
  let now = 1_800_000_000_000;
  const tally = signatureTally({ clock: { now: () => now } });
  const pass = (ms: number) => {
    now += ms;
  };
  return { tally, pass };
}
const sign = (tally: SignatureTally, id = 'a') => tally.asked(id)('signed');

test('each signature is reported under its key, once', () => {
  const { tally } = counting();
  sign(tally);
  sign(tally);
  sign(tally, 'b');
  expect(tally.due()).toEqual([
    { id: 'a', signed: 2, unanswered: 0 },
    { id: 'b', signed: 1, unanswered: 0 },
  ]);
  expect(tally.due()).toEqual([]);
});

test('a refusal is no signature, and a lost answer may be one', () => {
  const { tally } = counting();
  tally.asked('a')('refused');
  expect(tally.due()).toEqual([]);
  tally.asked('a')('unanswered');
  expect(tally.due()).toEqual([{ id: 'a', signed: 0, unanswered: 1 }]);
});

test.each([
  ['signed', { signed: 1, unanswered: -1 }],
  ['refused', { signed: 0, unanswered: -1 }],
] as const)(
  'a request without an answer yet counts as unanswered; once it is %s, that is corrected',
  (fate, correction) => {
    const { tally, pass } = counting();
    const over = tally.asked('a');
    expect(tally.due()).toEqual([{ id: 'a', signed: 0, unanswered: 1 }]);
    over(fate);
    pass(minute);
    expect(tally.due()).toEqual([{ id: 'a', ...correction }]);
  },
);

test('whenever an environment ends, at most a fiftieth of what it reported is unreported', () => {
  const { tally, pass } = counting();
  let signed = 0;
  let reported = 0;
  let reports = 0;
  for (let n = 0; n < 20_000; n++) {
    sign(tally);
    signed += 1;
    const due = tally.due();
    reports += due.length;
    reported += due.reduce((sum, count) => sum + count.signed, 0);
    expect(signed - reported).toBeLessThanOrEqual(reported * unreportedShare);
    pass(100);
  }
  expect(reports).toBeLessThan(signed / 20);
});

test('nothing stays unreported for more than a minute, and a busy hour does not count for the next', () => {
  const { tally, pass } = counting();
  for (let n = 0; n < 1_000; n++) sign(tally);
  expect(tally.due()).toHaveLength(1);
  sign(tally);
  expect(tally.due()).toEqual([]);
  pass(minute);
  expect(tally.due()).toEqual([{ id: 'a', signed: 1, unanswered: 0 }]);
  pass(60 * minute);
  sign(tally);
  expect(tally.due()).toHaveLength(1);
  sign(tally);
  expect(tally.due()).toHaveLength(1);
});
