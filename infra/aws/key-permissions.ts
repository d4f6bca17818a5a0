// Rights of the functions on keys, by the tags of their broker. The policy of each key must allow it as well
// (key-policy.ts). Neither knows a single key, so rotation needs no deployment.
import type { Conditions, Statement } from '../policy/document.ts';
import { keyTags, type Place } from './names.ts';
import type { Rights } from './rights.ts';

/** What our proofs and assertions are signed with: ES256 and RS256. */
export const signingAlgorithms = ['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'];

export interface KeyScope {
  readonly place: Place;
  readonly broker: string;
  /** Where copies of its keys are, besides its own Region. */
  readonly replicaRegions: readonly string[];
  /** Names of tags that its keys have besides ours. */
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
  // On its own: these requests have no SigningAlgorithm, so the condition above would deny them.
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

export const keysIn = ({ partition, account }: Place, region: string): string =>
  `arn:${partition}:kms:${region}:${account}:key/*`;

export const aliasesOf = ({ place, broker }: KeyScope): string =>
  `arn:${place.partition}:kms:${place.region}:${place.account}:alias/${broker}/*`;

/** KMS makes it with an account's first multi-Region key, and asks for the right to with each. */
export const multiRegionRole = ({ partition, account }: Place): string =>
  `arn:${partition}:iam::${account}:role/aws-service-role/${multiRegionService}/*`;

const multiRegionService = 'mrk.kms.amazonaws.com';

const allKeys = ({ place, replicaRegions }: KeyScope): string[] =>
  [place.region, ...replicaRegions].map((region) => keysIn(place, region));

/**
 * What every key of a broker is. Whoever may tag keys could call another team's key ours; so no right goes further
 * than this: keys that encrypt, and keys of one Region, are out of reach.
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

/** A request that gives a key our tags. */
const born = ({ broker }: KeyScope) => ({
  [`aws:RequestTag/${keyTags.broker}`]: broker,
  [`aws:RequestTag/${keyTags.use}`]: ['dpop', 'assertion'],
});

function management(scope: KeyScope): Statement[] {
  const { place } = scope;
  const keys = allKeys(scope);
  return [
    // A key that does not exist yet has no name: its tags, kind and Region are bounded instead.
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
    // KMS does not document what it knows of the key when CreateKey and ReplicateKey tag it: hence `IfExists`. A key of
    // another broker stays that broker's.
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
    // A key whose maker died before it could write down the ARN is found by its tags; KMS cannot list by tag.
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
    // An alias needs the right on both the alias and the key. In the home Region, for people who look at the console.
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

/** The right to replicate a key, and in the Region of the copy the right to make one: KMS asks for both. */
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
    // All that KMS documents is that CreateKey must be allowed there.
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
