// Operations that describe keys: DescribeKey, ListKeys, ListResourceTags.
import { replicasOf } from './deletion.ts';
import { findKey } from './find.ts';
import { account, type Key, type KeyStore, keyArn, seconds } from './keys.ts';
import { macAlgorithms, signingAlgorithms, usageOf } from './material.ts';
import { type Context, page } from './operation.ts';
import { type Input, text } from './refusal.ts';

export const describeKey = ({ store, region }: Context, input: Input) => ({
  KeyMetadata: metadataOf(store, findKey(store, region, text(input, 'KeyId'), true)),
});

export function listKeys({ store, region }: Context, input: Input) {
  const keys = store.keys.filter((key) => key.region === region);
  return page(input, { name: 'Keys', limit: 100, max: 1000 }, keys, (key) => ({
    KeyId: key.id,
    KeyArn: key.arn,
  }));
}

export function listResourceTags({ store, region }: Context, input: Input) {
  const key = findKey(store, region, text(input, 'KeyId'));
  return page(input, { name: 'Tags', limit: 50, max: 50 }, key.tags, (tag) => tag);
}

export function metadataOf(store: KeyStore, key: Key) {
  const { id, region, arn, spec, deletion, primaryRegion } = key;
  const inRegion = (where: string) => ({ Arn: keyArn(where, id), Region: where });
  return {
    AWSAccountId: account,
    KeyId: id,
    Arn: arn,
    CreationDate: seconds(key.createdAt),
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: usageOf(spec),
    KeyState: key.state,
    ...(deletion?.at && { DeletionDate: seconds(deletion.at) }),
    ...(deletion && !deletion.at && { PendingDeletionWindowInDays: deletion.days }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: spec,
    KeySpec: spec,
    ...(spec === 'HMAC_256'
      ? { MacAlgorithms: macAlgorithms[spec] }
      : { SigningAlgorithms: signingAlgorithms[spec] }),
    MultiRegion: primaryRegion !== undefined,
    ...(primaryRegion && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: primaryRegion === region ? 'PRIMARY' : 'REPLICA',
        PrimaryKey: inRegion(primaryRegion),
        ReplicaKeys: replicasOf(store, key).map((replica) => inRegion(replica.region)),
      },
    }),
  };
}
