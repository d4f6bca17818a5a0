import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withTimeLimit } from '#core/lib/time-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  ['succeeds', () => Promise.resolve('done')],
  ['fails', () => Promise.reject(new Error('it broke'))],
])(
  'work that %s in time leaves no timer behind, and the answer to lateness is never asked for',
  async (_how, work) => {
    const otherwise = vi.fn();
    await withTimeLimit(1_000, work(), otherwise).catch(() => {});
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(otherwise).not.toHaveBeenCalled();
  },
);
