// The result of one check: one line.

export interface Finding {
  check: string;
  verdict: 'ok' | 'wrong' | 'warning';
  says: string;
  /** What to click or change. */
  todo?: string;
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: 'ok', says });

export const wrong = (check: string, says: string, todo: string): Finding => ({
  check,
  verdict: 'wrong',
  says,
  todo,
});

export const warning = (check: string, says: string, todo: string): Finding => ({
  check,
  verdict: 'warning',
  says,
  todo,
});
