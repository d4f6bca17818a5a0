// CreateKey and ReplicateKey.
import { metadataOf } from './describe.ts';
import { findKey, mustBe } from './find.ts';
import { type Key, keyArn, newKeyId } from './keys.ts';
import { type KeySpec, newPrivateKey, newSecret, signingAlgorithms, usageOf } from './material.ts';
import type { Context } from './operation.ts';
import { checkLockout, givenPolicy } from './policies.ts';
import { type Input, KmsRefusal, optionalText, tags, text } from './refusal.ts';

const specs = [...(Object.keys(signingAlgorithms) as KeySpec[]), 'HMAC_256' as const];

export async function createKey(context: Context, input: Input) {
  const { store, region } = context;
  const asked = optionalText(input, 'KeySpec') ?? optionalText(input, 'CustomerMasterKeySpec');
  const usage = optionalText(input, 'KeyUsage');
  const spec = specs.find((one) => one === asked);
  if (!spec || (optionalText(input, 'Origin') ?? 'AWS_KMS') !== 'AWS_KMS') {
    throw new KmsRefusal(
      'UnsupportedOperationException',
      `The stand-in makes only ${specs.join(' and ')} keys.`,
    );
  }
  if (!usage) {
    throw new KmsRefusal(
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  }
  if (usage !== usageOf(spec)) {
    throw new KmsRefusal(
      'ValidationException',
      `KeyUsage ${usage} is not compatible with KeySpec ${spec}`,
    );
  }
  const given = describing(input);
  const id = newKeyId(input.MultiRegion === true);
  checkLockout(context, keyArn(region, id), input);
  const key: Key = {
    id,
    region,
    arn: keyArn(region, id),
    spec,
    privateKey: spec === 'HMAC_256' ? newSecret() : await newPrivateKey(spec),
    createdAt: store.now(),
    state: 'Enabled',
    ...(input.MultiRegion === true && { primaryRegion: region }),
    ...given,
  };
  store.keys.push(key);
  return { KeyMetadata: metadataOf(store, key) };
}

export function replicateKey(context: Context, input: Input) {
  const { store, region } = context;
  const replicaRegion = text(input, 'ReplicaRegion');
  const key = mustBe(findKey(store, region, text(input, 'KeyId')), 'enabled');
  if (key.primaryRegion !== region) {
    throw new KmsRefusal(
      'UnsupportedOperationException',
      `${key.arn} is not a multi-region primary key.`,
    );
  }
  const arn = keyArn(replicaRegion, key.id);
  if (store.keys.some((other) => other.arn === arn)) {
    throw new KmsRefusal('AlreadyExistsException', `Key ${arn} already exists.`);
  }
  checkLockout(context, arn, input);
  const replica: Key = {
    ...key,
    ...describing(input),
    region: replicaRegion,
    arn,
    createdAt: store.now(),
  };
  delete replica.lastUse;
  store.keys.push(replica);
  return {
    ReplicaKeyMetadata: { ...metadataOf(store, replica), KeyState: 'Creating', Enabled: false },
    ReplicaPolicy: replica.policy,
    ReplicaTags: replica.tags,
  };
}

function describing(input: Input): Pick<Key, 'description' | 'policy' | 'tags'> {
  const policy = givenPolicy(input);
  const given = tags(input);
  if (given.length > 50) throw new KmsRefusal('TagException', 'Too many tags');
  return { description: optionalText(input, 'Description') ?? '', policy, tags: given };
}
