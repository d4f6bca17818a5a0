import {
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { expect, onTestFinished, test } from 'vitest';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { deleteKeys } from './keys.ts';

test('every key with the tag of the broker is deleted in seven days, and no other one', async () => {
  const kms = await startKms();
  onTestFinished(() => kms.close());
  const client = new KMSClient({
    endpoint: kms.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const create = async (broker: string) => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        MultiRegion: true,
        Tags: [
          { TagKey: 'bff-broker', TagValue: broker },
          { TagKey: 'bff-use', TagValue: 'dpop' },
        ],
      }),
    );
    return KeyMetadata?.Arn ?? '';
  };
  const state = async (KeyId: string) => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    return KeyMetadata?.KeyState;
  };
  const ofStack = await create('bff-smoke');
  await client.send(new ScheduleKeyDeletionCommand({ KeyId: ofStack, PendingWindowInDays: 7 }));
  const rotated = await create('bff-smoke');
  const other = await create('okta-dpop-bff');

  expect((await deleteKeys(client, 'bff-smoke')).toSorted()).toEqual([ofStack, rotated].toSorted());

  expect(await Promise.all([ofStack, rotated, other].map(state))).toEqual([
    'PendingDeletion',
    'PendingDeletion',
    'Enabled',
  ]);
});
