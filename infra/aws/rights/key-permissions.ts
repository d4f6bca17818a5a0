// The functions' permissions on keys, by the tags of their broker. The policy of each key must allow the call as well
// (key-policy.ts). Neither names a single key, so a rotation needs no deployment.
import type { Conditions, Statement } from '../../policy/document.ts';
import { type AwsPlace, keyTags } from './names.ts';
import type { Rights } from './rights.ts';

/** The algorithms of our proofs and assertions: ES256 and RS256. */
export const signingAlgorithms = ['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'];

export interface KeyScope {
  readonly place: AwsPlace;
  readonly broker: string;
  /** Where copies of its keys are, besides its own Region. */
  readonly replicaRegions: readonly string[];
  /** The names of more tags on its keys, besides ours. */
  readonly moreTags?: readonly string[];
}

export function keyStatements(scope: KeyScope, rights: Rights): Statement[] {
  const { signs, publishes, managesKeys } = rights;
  const keys = allKeys(scope);
  const statements: Statement[] = [];
  if (signs.length > 0) {
    const condition = ours(scope, signs);
    statements.push({
      Effect: 'Allow',
      Action: 'kms:Sign',
      Resource: keys,
      Condition: {
        ...condition,
        StringEquals: { ...condition.StringEquals, 'kms:SigningAlgorithm': signingAlgorithms },
      },
    });
  }
  // Separate, because these requests have no SigningAlgorithm: the condition above would deny them.
  if (publishes.length > 0) {
    statements.push({
      Effect: 'Allow',
      Action: 'kms:GetPublicKey',
      Resource: keys,
      Condition: ours(scope, publishes),
    });
  }
  return managesKeys ? [...statements, ...management(scope)] : statements;
}

export const keysIn = ({ partition, account }: AwsPlace, region: string): string =>
  `arn:${partition}:kms:${region}:${account}:key/*`;

export const aliasesOf = ({ place, broker }: KeyScope): string =>
  `arn:${place.partition}:kms:${place.region}:${place.account}:alias/${broker}/*`;

/** KMS creates this role with an account's first multi-Region key, and requires the permission with each such key. */
export const multiRegionRole = ({ partition, account }: AwsPlace): string =>
  `arn:${partition}:iam::${account}:role/aws-service-role/${multiRegionService}/*`;

const multiRegionService = 'mrk.kms.amazonaws.com';

const allKeys = ({ place, replicaRegions }: KeyScope): string[] =>
  [place.region, ...replicaRegions].map((region) => keysIn(place, region));

/**
 * What every key of a broker has in common. A principal that may tag keys could mark another team's key as ours, so no
 * permission goes further than this: encryption keys and single-Region keys are out of reach.
 */
const kind = {
  StringEquals: { 'kms:KeySpec': ['ECC_NIST_P256', 'RSA_2048'], 'kms:KeyUsage': 'SIGN_VERIFY' },
  Bool: { 'kms:MultiRegion': 'true' },
} as const satisfies Conditions;

/** A key that carries our tags. */
const ours = ({ broker }: KeyScope, uses?: readonly string[]) => ({
  StringEquals: {
    [`aws:ResourceTag/${keyTags.broker}`]: broker,
    ...(uses && { [`aws:ResourceTag/${keyTags.use}`]: uses }),
    ...kind.StringEquals,
  },
  Bool: kind.Bool,
});

/** A request that puts our tags on a key. */
const born = ({ broker }: KeyScope) => ({
  [`aws:RequestTag/${keyTags.broker}`]: broker,
  [`aws:RequestTag/${keyTags.use}`]: ['dpop', 'assertion'],
});

function management(scope: KeyScope): Statement[] {
  const { place } = scope;
  const keys = allKeys(scope);
  return [
    // A key that does not exist yet has no name: its tags, kind and Region are restricted instead.
    {
      Effect: 'Allow',
      Action: 'kms:CreateKey',
      Resource: '*',
      Condition: {
        StringEquals: {
          ...born(scope),
          ...kind.StringEquals,
          'aws:RequestedRegion': place.region,
        },
        Bool: kind.Bool,
      },
    },
    // KMS does not document what it knows about the key when CreateKey and ReplicateKey tag it, hence `IfExists`. A key
    // of another broker stays out of reach.
    {
      Effect: 'Allow',
      Action: 'kms:TagResource',
      Resource: keys,
      Condition: {
        StringEquals: born(scope),
        StringEqualsIfExists: {
          [`aws:ResourceTag/${keyTags.broker}`]: scope.broker,
          ...kind.StringEquals,
        },
        BoolIfExists: kind.Bool,
        'ForAllValues:StringEquals': {
          'aws:TagKeys': [...Object.values(keyTags), ...(scope.moreTags ?? [])],
        },
      },
    },
    // https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-auth.html
    {
      Effect: 'Allow',
      Action: 'iam:CreateServiceLinkedRole',
      Resource: multiRegionRole(place),
      Condition: { StringEquals: { 'iam:AWSServiceName': multiRegionService } },
    },
    // If a rotation died before it recorded the ARN, its key is found by tags. KMS cannot list by tag.
    { Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' },
    {
      Effect: 'Allow',
      Action: 'kms:ListResourceTags',
      Resource: keysIn(place, place.region),
    },
    {
      Effect: 'Allow',
      Action: [
        'kms:DescribeKey',
        'kms:EnableKey',
        'kms:DisableKey',
        'kms:ScheduleKeyDeletion',
        'kms:CancelKeyDeletion',
        'kms:GetKeyLastUsage',
      ],
      Resource: keys,
      Condition: ours(scope),
    },
    // An alias needs the permission on both the alias and the key. It is in the home Region, for people who look at
    // the console.
    {
      Effect: 'Allow',
      Action: 'kms:CreateAlias',
      Resource: keysIn(place, place.region),
      Condition: ours(scope),
    },
    { Effect: 'Allow', Action: 'kms:CreateAlias', Resource: aliasesOf(scope) },
    ...replication(scope),
  ];
}

/** The permission to replicate a key, and to create one in the Region of the copy: KMS requires both. */
function replication(scope: KeyScope): Statement[] {
  const { place, replicaRegions } = scope;
  if (replicaRegions.length === 0) return [];
  const condition = ours(scope);
  return [
    {
      Effect: 'Allow',
      Action: 'kms:ReplicateKey',
      Resource: keysIn(place, place.region),
      Condition: {
        ...condition,
        StringEquals: { ...condition.StringEquals, 'kms:ReplicaRegion': replicaRegions },
      },
    },
    // KMS documents only that CreateKey must be allowed there.
    {
      Effect: 'Allow',
      Action: 'kms:CreateKey',
      Resource: '*',
      Condition: {
        StringEquals: { 'aws:RequestedRegion': replicaRegions },
        StringEqualsIfExists: { ...born(scope), ...kind.StringEquals },
        BoolIfExists: kind.Bool,
      },
    },
  ];
}
