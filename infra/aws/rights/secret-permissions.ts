// The permission to read a secret, and nothing else.
import type { Statement } from '../../policy/document.ts';

export const secretStatement = (arn: string): Statement => ({
  Effect: 'Allow',
  Action: 'secretsmanager:GetSecretValue',
  Resource: arn,
});

/** With or without the six characters that Secrets Manager appends to a name. */
export const secretNamed = (arn: string): string =>
  /-[A-Za-z0-9]{6}$/.test(arn) ? arn : `${arn}-??????`;
