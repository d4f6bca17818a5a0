// How an operator's action ended: a stable code for programs, a sentence for people, and facts.

export type OperatorOutcome<Facts extends object = object> = {
  status: 'done' | 'waiting' | 'refused' | 'failed';
  code: string;
  message: string;
  /** When the action waits: how long until it is worth asking again. */
  retryAfterSeconds?: number;
} & Facts;

const outcome =
  (status: OperatorOutcome['status']) =>
  <Facts extends object>(code: string, message: string, facts?: Facts): OperatorOutcome<Facts> => ({
    status,
    code,
    message,
    ...(facts as Facts),
  });

export const done = outcome('done');
/** Nothing was done, and repeating it does not help: something else has to change first. */
export const refused = outcome('refused');
/** It failed on the way. */
export const failed = outcome('failed');

export const waiting = <Facts extends object>(
  code: string,
  message: string,
  retryAfterSeconds: number,
  facts?: Facts,
): OperatorOutcome<Facts> => ({ ...outcome('waiting')(code, message, facts), retryAfterSeconds });

export const isOutcome = (value: object): value is OperatorOutcome => 'status' in value;

/** For sentences: minutes are precise enough, and UTC is the same for everybody. */
export const utc = (epochSeconds: number): string =>
  `${new Date(epochSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
