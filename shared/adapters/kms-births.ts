// When keys were made, from KMS.
import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { KeyBirths } from '../core/key-report.ts';
import { unavailable } from './unavailable.ts';

export const keyBirths = (client: KMSClient): KeyBirths => ({
  async createdAt(id) {
    const { KeyMetadata } = await client
      .send(new DescribeKeyCommand({ KeyId: id }))
      .catch((cause: unknown) => {
        throw unavailable('signer_unavailable', 'KMS DescribeKey', cause);
      });
    return (KeyMetadata?.CreationDate?.getTime() ?? 0) / 1000;
  },
});
