// One error that names every wrong or unknown field, in a sentence each.
import type * as z from 'zod/mini';

export class ConfigError extends Error {
  readonly faults: string[];
  constructor(faults: string[]) {
    super(`The configuration is wrong:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

export function describe(issue: z.core.$ZodIssue, given: unknown): string[] {
  const at = issue.path.map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
  );
  const field = at.join('').slice(1) || 'configuration';
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        field === 'configuration' ? `${key}: unknown field` : `${field}.${key}: unknown field`,
      );
    case 'invalid_type':
      return [
        `${field}: ${valueAt(given, issue.path) === undefined ? 'is missing, ' : ''}must be ${an(issue.expected)}`,
      ];
    case 'invalid_value':
      return [`${field}: ${saying(issue, `must be ${issue.values.join(' or ')}`)}`];
    case 'too_small':
      return [
        `${field}: ${saying(issue, `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`)}`,
      ];
    case 'too_big':
      return [`${field}: ${saying(issue, `must be at most ${issue.maximum}`)}`];
    default:
      return [`${field}: ${saying(issue, 'is malformed')}`];
  }
}

const valueAt = (given: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    given,
  );

/** The mini schema library has no messages of its own: ours are used where we wrote one. */
const saying = ({ message }: z.core.$ZodIssue, otherwise: string) =>
  message === 'Invalid input' ? otherwise : message;

const an = (expected: string) =>
  ({ array: 'a list', object: 'an object', int: 'a whole number', boolean: 'true or false' })[
    expected
  ] ?? `a ${expected}`;
