// The permissions that each KMS operation needs, with the condition keys that KMS presents.
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
import type { Context as Conditions } from '../../../policy/conditions.ts';
import type { Need } from '../iam/guard.ts';
import { findAlias, findKey } from './find.ts';
import { account, aliasArn, type Key, keyArn } from './keys.ts';
import { usageOf } from './material.ts';
import type { Context } from './operation.ts';
import { statementsIn } from './policies.ts';
import { type Input, optionalText, type Tag, tags, text } from './refusal.ts';

export function needsOf(operation: string, context: Context, input: Input): Need[] {
  const { store, region } = context;
  const key = (name = 'KeyId') => findKey(store, region, text(input, name), true);
  const onKey = (more: Conditions = {}) => [needOf(context, operation, key(), more)];
  const onAlias = (keys: Key[]) => [
    unkeyed(operation, aliasArn(region, text(input, 'AliasName')), { region }),
    ...keys.map((one) => needOf(context, operation, one)),
  ];
  switch (operation) {
    case 'CreateKey':
      return creation(region, input);
    case 'ReplicateKey':
      return replication(context, key(), input);
    case 'Sign':
      return onKey({ 'kms:SigningAlgorithm': optionalText(input, 'SigningAlgorithm') });
    case 'GenerateMac':
    case 'VerifyMac':
      return onKey({ 'kms:MacAlgorithm': optionalText(input, 'MacAlgorithm') });
    case 'TagResource':
      return onKey(requestTags(tags(input)));
    case 'UntagResource':
      return onKey({ 'aws:TagKeys': (input.TagKeys ?? []) as string[] });
    case 'CreateAlias':
      return onAlias([key('TargetKeyId')]);
    case 'UpdateAlias':
      return onAlias([key('TargetKeyId'), behind(context, input)]);
    case 'DeleteAlias':
      return onAlias([behind(context, input)]);
    case 'ListAliases':
    case 'ListKeys':
      return [unkeyed(operation, '*', { region })];
    default:
      return onKey();
  }
}

function needOf({ store }: Context, operation: string, key: Key, more: Conditions = {}): Need {
  const { lastUse } = key;
  return {
    action: `kms:${operation}`,
    resource: key.arn,
    context: {
      'aws:RequestedRegion': key.region,
      'kms:KeySpec': key.spec,
      'kms:KeyUsage': usageOf(key.spec),
      'kms:MultiRegion': String(key.primaryRegion !== undefined),
      ...Object.fromEntries(key.tags.map((tag) => [`aws:ResourceTag/${tag.TagKey}`, tag.TagValue])),
      // For a key that never signed, KMS presents no value.
      ...(lastUse && { 'kms:TrailingDaysWithoutKeyUsage': days(store.now() - lastUse.at) }),
      ...more,
    },
    policy: statementsIn(key.policy),
  };
}

const unkeyed = (
  operation: string,
  resource: string,
  { region, ...more }: { region: string } & Conditions,
): Need => ({
  action: `kms:${operation}`,
  resource,
  context: { 'aws:RequestedRegion': region, ...more },
});

function creation(region: string, input: Input): Need[] {
  const multiRegion = input.MultiRegion === true;
  const kind = {
    'kms:KeySpec': optionalText(input, 'KeySpec') ?? 'SYMMETRIC_DEFAULT',
    'kms:KeyUsage': optionalText(input, 'KeyUsage') ?? 'ENCRYPT_DECRYPT',
    'kms:MultiRegion': String(multiRegion),
  };
  const given = tags(input);
  return [
    unkeyed('CreateKey', '*', { region, ...kind, ...requestTags(given) }),
    ...tagging(region, given, kind),
    ...(multiRegion ? [serviceLinkedRole] : []),
  ];
}

function replication(context: Context, key: Key, input: Input): Need[] {
  const replicaRegion = text(input, 'ReplicaRegion');
  const given = tags(input);
  const original = needOf(context, 'ReplicateKey', key, { 'kms:ReplicaRegion': replicaRegion });
  const kind = {
    'kms:KeySpec': key.spec,
    'kms:KeyUsage': 'SIGN_VERIFY',
    'kms:MultiRegion': 'true',
  };
  return [
    original,
    ...readings({ ...kind, ...requestTags(given) }).map((known) =>
      unkeyed('CreateKey', '*', { region: replicaRegion, ...known }),
    ),
    ...tagging(replicaRegion, given, kind),
  ];
}

/** The tags of a new key. */
function tagging(region: string, given: Tag[], kind: Conditions): Need[] {
  if (given.length === 0) return [];
  return readings(kind).map((known) =>
    unkeyed('TagResource', keyArn(region, 'new'), { region, ...known, ...requestTags(given) }),
  );
}

/** KMS does not document whether it presents the kind of a new key here: permissions must suffice either way. */
const readings = (kind: Conditions): Conditions[] => [kind, {}];

const serviceLinkedRole: Need = {
  action: 'iam:CreateServiceLinkedRole',
  resource: `arn:aws:iam::${account}:role/aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys`,
  context: { 'iam:AWSServiceName': 'mrk.kms.amazonaws.com' },
};

const requestTags = (given: Tag[]): Conditions => ({
  ...Object.fromEntries(given.map((tag) => [`aws:RequestTag/${tag.TagKey}`, tag.TagValue])),
  ...(given.length > 0 && { 'aws:TagKeys': given.map(({ TagKey }) => TagKey) }),
});

const behind = ({ store, region }: Context, input: Input): Key =>
  findKey(store, region, findAlias(store, region, text(input, 'AliasName')).keyId);

const days = (ms: number) => String(Math.floor(ms / 86_400_000));
