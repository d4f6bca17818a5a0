// Makes the signing keys of a local run if they are missing. An alias finds them again.
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  type KMSClient,
  NotFoundException,
  PutKeyPolicyCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import type { KeySpec } from './kms/material.ts';

interface WantedKey {
  alias: string;
  spec: KeySpec;
  tags?: Record<string, string>;
  /** Default: the policy that KMS gives a key. */
  policy?: string;
}

/**
 * Returns the ARN of the enabled key behind the alias, or of a new one if it is missing, unusable or of another kind.
 */
export async function ensureKey(
  client: KMSClient,
  { alias, spec, tags = {}, policy }: WantedKey,
): Promise<string> {
  const found = await describe(client, alias);
  if (found?.Arn && found.KeySpec === spec && found.Enabled) {
    // A deployment also renews it.
    const renewed = policy && new PutKeyPolicyCommand({ KeyId: found.KeyId, Policy: policy });
    if (renewed) await client.send(renewed);
    return found.Arn;
  }
  const { KeyMetadata: created } = await client.send(
    new CreateKeyCommand({
      KeySpec: spec,
      KeyUsage: 'SIGN_VERIFY',
      // As deployed: this cannot be changed later.
      MultiRegion: true,
      ...(policy && { Policy: policy }),
      Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    }),
  );
  if (!created?.Arn) throw new Error('CreateKey answered without an ARN');
  const target = { AliasName: alias, TargetKeyId: created.KeyId };
  await client.send(found ? new UpdateAliasCommand(target) : new CreateAliasCommand(target));
  return created.Arn;
}

const describe = (client: KMSClient, alias: string) =>
  client.send(new DescribeKeyCommand({ KeyId: alias })).then(
    ({ KeyMetadata }) => KeyMetadata,
    (error: unknown) => {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    },
  );
