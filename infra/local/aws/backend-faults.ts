// The switchboard's faults for the embedded KMS and table. An app sees them as signer_unavailable and
// store_unavailable.

import type { Okta } from '#infra/local/okta/index.ts';
import type { faultValues } from '#infra/local/okta/switchboard/faults.ts';
import type { AwsEndpoint, AwsFault } from './endpoint.ts';
import { throttled } from './endpoint.ts';

type Value<Name extends 'kms' | 'table'> = (typeof faultValues)[Name][number];

const ofKms: Record<Value<'kms'>, AwsFault> = {
  unavailable: { error: 'KMSInternalException', status: 500 },
  throttled,
  disabled: { error: 'DisabledException' },
  hang_up: 'hang_up',
};

const ofTable: Record<Value<'table'>, AwsFault> = {
  unavailable: { error: 'InternalServerError', status: 500 },
  throttled,
  hang_up: 'hang_up',
};

export function followSwitchboard(
  { faults }: Pick<Okta, 'faults'>,
  { kms, dynamodb }: { kms?: AwsEndpoint | undefined; dynamodb?: AwsEndpoint | undefined },
): void {
  const following = (name: 'kms' | 'table', known: Record<string, AwsFault>) => () => {
    const value = faults.take(name);
    return value === undefined ? undefined : known[value];
  };
  if (kms) kms.faults.standing = following('kms', ofKms);
  if (dynamodb) dynamodb.faults.standing = following('table', ofTable);
}
