// Translates what KMS says about a key.
import type { KeyMetadata } from '@aws-sdk/client-kms';
import type { KeyFacts, KmsState } from '#core/keys/operator.ts';

export interface Copy {
  region: string;
  metadata: KeyMetadata | undefined;
}

export function factsOf(id: string, metadata: KeyMetadata, replicas: readonly Copy[]): KeyFacts {
  const deletionAt = deletionOf(metadata, replicas);
  return {
    id,
    state: stateOf(metadata),
    spec: specs.find((spec) => spec === metadata.KeySpec) ?? 'other',
    createdAt: secondsOf(metadata.CreationDate) ?? 0,
    ...(deletionAt !== undefined && { deletionAt }),
    replicas: replicas.flatMap((copy) =>
      copy.metadata ? [{ region: copy.region, state: stateOf(copy.metadata) }] : [],
    ),
  };
}

const specs = ['ECC_NIST_P256', 'RSA_2048'] as const;

function stateOf({ KeyState }: KeyMetadata): KmsState {
  switch (KeyState) {
    case 'Enabled':
      return 'enabled';
    case 'Disabled':
      return 'disabled';
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return 'pending_deletion';
    default:
      return 'other';
  }
}

/** The waiting period of a primary begins when its replicas are gone. Until then it has no date. */
function deletionOf(metadata: KeyMetadata, replicas: readonly Copy[]): number | undefined {
  const { DeletionDate, PendingDeletionWindowInDays: days } = metadata;
  if (DeletionDate || days === undefined) return secondsOf(DeletionDate);
  const dates = replicas.map((copy) => secondsOf(copy.metadata?.DeletionDate) ?? 0);
  return Math.max(0, ...dates) + days * 86_400;
}

export const secondsOf = (date: Date | undefined): number | undefined =>
  date && Math.floor(date.getTime() / 1000);
