// The keys that belong to no stack: those that a rotation made.
import { type KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { ownKeys } from '#adapters/kms/own-keys.ts';

/**
 * Schedules the deletion of every key with the broker's tag, so it needs no operator function, and returns their ids.
 * Seven days is the shortest waiting period. A key that waits costs nothing (https://aws.amazon.com/kms/pricing/), unless
 * somebody cancels its deletion.
 */
export async function deleteKeys(client: KMSClient, broker: string): Promise<string[]> {
  const keys = await ownKeys(client, broker);
  for (const { id } of keys) {
    const command = new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 });
    await client.send(command).catch((error: Error) => {
      // Those of a stack are being deleted already (https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html).
      if (error.name !== 'KMSInvalidStateException') throw error;
    });
  }
  return keys.map(({ id }) => id);
}
