// How an operator's action ended: a stable code for programs, a sentence for people, and facts.

export type Outcome<Facts extends object = object> = {
  status: 'done' | 'waiting' | 'refused' | 'failed';
  code: string;
  message: string;
  /** Of what waits: ask again after so long. */
  retryAfterSeconds?: number;
} & Facts;

const outcome =
  (status: Outcome['status']) =>
  <Facts extends object>(code: string, message: string, facts?: Facts): Outcome<Facts> => ({
    status,
    code,
    message,
    ...(facts as Facts),
  });

export const done = outcome('done');
/** Nothing was done, and nothing will be: something has to change first. */
export const refused = outcome('refused');
/** It went wrong on the way. */
export const failed = outcome('failed');

export const waiting = <Facts extends object>(
  code: string,
  message: string,
  retryAfterSeconds: number,
  facts?: Facts,
): Outcome<Facts> => ({ ...outcome('waiting')(code, message, facts), retryAfterSeconds });

export const isOutcome = (value: object): value is Outcome => 'status' in value;

/** For sentences: minutes are enough, and everybody's day is the same. */
export const utc = (epochSeconds: number): string =>
  `${new Date(epochSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
