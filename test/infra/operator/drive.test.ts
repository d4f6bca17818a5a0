import { expect, test } from 'vitest';
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import { drive } from '#infra/operator/drive.ts';

type Ending = OperatorOutcome<{ found?: number; ended: number }>;

const waiting = (found: number | undefined, ended: number): Ending => ({
  status: 'waiting',
  code: 'ending',
  message: 'More to come.',
  retryAfterSeconds: 2,
  ...(found !== undefined && { found }),
  ended,
});

async function driven(answers: Ending[]) {
  const steps: string[] = [];
  const outcome = await drive(
    {
      invoke: async () => {
        steps.push('ask');
        return answers.shift() as Ending;
      },
      onProgress: ({ message }) => void steps.push(message),
      wait: async (ms) => {
        await new Promise(setImmediate);
        steps.push(`${ms} ms passed`);
      },
    },
    { action: 'revoke', whose: { all: true } },
  );
  return { outcome, steps };
}

test('it waits as long as it is told to before it asks again', async () => {
  const last = { status: 'done', code: 'revoked', message: '1 session ended.', ended: 1 } as const;
  const { steps } = await driven([waiting(2, 1), last]);
  expect(steps).toEqual(['ask', 'More to come.', '2000 ms passed', 'ask']);
});

test('sessions that end over several calls are counted in all, and what else was done is still said', async () => {
  const revoked = { status: 'done', code: 'revoked', message: '2 sessions ended.' } as const;
  expect((await driven([waiting(3, 3), { ...revoked, found: 2, ended: 2 }])).outcome).toMatchObject(
    {
      message: 'In all, 5 sessions ended.',
      found: 5,
      ended: 5,
    },
  );
  const disabled = { status: 'done', code: 'disabled', message: 'mrk-1 no longer signs.' } as const;
  const { outcome } = await driven([waiting(undefined, 3), { ...disabled, ended: 2 }]);
  expect(outcome.message).toBe('mrk-1 no longer signs. In all, 5 sessions ended.');
  expect(outcome).not.toHaveProperty('found');
});
