// Rights on keys: of the functions, by the tags of their broker; and the policy that every key of a broker has.
// Both must allow a signature. Neither knows a single key, so rotation needs no deployment.
import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { keyTags, roleArn } from './names.ts';
import { type Rights, type RoleName, rights } from './rights.ts';

/** What our proofs and assertions are signed with: ES256 and RS256. */
const signingAlgorithms = ['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'];

/** A key that signed so lately is neither disabled nor deleted by mistake. */
const quietDays = 7;

export function keyStatements(
  broker: string,
  { signs, publishes, managesKeys }: Rights,
  regions: readonly string[],
): iam.PolicyStatement[] {
  const keys = regions.map(keysIn);
  const ours = (uses: readonly string[]) => ({
    [`aws:ResourceTag/${keyTags.broker}`]: broker,
    [`aws:ResourceTag/${keyTags.use}`]: uses,
  });
  const statements: iam.PolicyStatement[] = [];
  if (signs.length > 0) {
    statements.push(
      new iam.PolicyStatement({
        actions: ['kms:Sign'],
        resources: keys,
        conditions: {
          StringEquals: { ...ours(signs), 'kms:SigningAlgorithm': signingAlgorithms },
        },
      }),
    );
  }
  // On its own: these requests have no SigningAlgorithm, so the condition above would deny them.
  if (publishes.length > 0) {
    statements.push(
      new iam.PolicyStatement({
        actions: ['kms:GetPublicKey'],
        resources: keys,
        conditions: { StringEquals: ours(publishes) },
      }),
    );
  }
  return managesKeys ? [...statements, ...management(broker, keys, regions)] : statements;
}

export const keysIn = (region: string): string =>
  `arn:${Aws.PARTITION}:kms:${region}:${Aws.ACCOUNT_ID}:key/*`;

export const aliasesIn = (region: string, broker: string): string =>
  `arn:${Aws.PARTITION}:kms:${region}:${Aws.ACCOUNT_ID}:alias/${broker}/*`;

function management(
  broker: string,
  keys: string[],
  regions: readonly string[],
): iam.PolicyStatement[] {
  const born = {
    [`aws:RequestTag/${keyTags.broker}`]: broker,
    [`aws:RequestTag/${keyTags.use}`]: ['dpop', 'assertion'],
  };
  const ours = { [`aws:ResourceTag/${keyTags.broker}`]: broker };
  return [
    // A key that does not exist yet has no name: its tags, kind and Region are bounded instead.
    new iam.PolicyStatement({
      actions: ['kms:CreateKey'],
      resources: ['*'],
      conditions: {
        StringEquals: {
          ...born,
          'aws:RequestedRegion': regions,
          'kms:KeySpec': ['ECC_NIST_P256', 'RSA_2048'],
          'kms:KeyUsage': 'SIGN_VERIFY',
        },
      },
    }),
    new iam.PolicyStatement({
      actions: ['kms:TagResource'],
      resources: keys,
      conditions: {
        StringEquals: born,
        'ForAllValues:StringEquals': { 'aws:TagKeys': Object.values(keyTags) },
      },
    }),
    // A key whose maker died before it could write down the ARN is found by its tags; KMS cannot list by tag.
    new iam.PolicyStatement({ actions: ['kms:ListKeys'], resources: ['*'] }),
    new iam.PolicyStatement({ actions: ['kms:ListResourceTags'], resources: keys }),
    new iam.PolicyStatement({
      actions: [
        'kms:DescribeKey',
        'kms:EnableKey',
        'kms:DisableKey',
        'kms:ScheduleKeyDeletion',
        'kms:CancelKeyDeletion',
        'kms:GetKeyLastUsage',
        'kms:ReplicateKey',
      ],
      resources: keys,
      conditions: { StringEquals: ours },
    }),
    // An alias needs the right on both the alias and the key.
    new iam.PolicyStatement({
      actions: ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'],
      resources: keys,
      conditions: { StringEquals: ours },
    }),
    new iam.PolicyStatement({
      actions: ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'],
      resources: regions.map((region) => aliasesIn(region, broker)),
    }),
  ];
}

/**
 * The policy of every key of this broker, also of those that a rotation makes. The account's IAM administers keys but
 * cannot sign with them: that takes the role of a function that signs, and the right algorithm.
 */
export function keyPolicy(broker: string): iam.PolicyDocument {
  const account = new iam.AccountRootPrincipal();
  const everybody = new iam.StarPrincipal();
  const operator = roleArn(broker, 'keys');
  const usedLately = { 'kms:TrailingDaysWithoutKeyUsage': quietDays };
  return new iam.PolicyDocument({
    statements: [
      new iam.PolicyStatement({
        sid: 'AccountAdministers',
        principals: [account],
        actions: administration,
        resources: ['*'],
      }),
      new iam.PolicyStatement({
        sid: 'BrokerSigns',
        principals: [account],
        actions: ['kms:Sign'],
        resources: ['*'],
        conditions: {
          ArnEquals: { 'aws:PrincipalArn': roles(broker, ({ signs }) => signs.length > 0) },
          StringEquals: { 'kms:SigningAlgorithm': signingAlgorithms },
        },
      }),
      new iam.PolicyStatement({
        sid: 'BrokerPublishes',
        principals: [account],
        actions: ['kms:GetPublicKey'],
        resources: ['*'],
        conditions: {
          ArnEquals: { 'aws:PrincipalArn': roles(broker, ({ publishes }) => publishes.length > 0) },
        },
      }),
      // Where KMS does not track usage the key is absent, and so is the denial.
      new iam.PolicyStatement({
        sid: 'OnlyTheKillSwitchDisablesAKeyInUse',
        effect: iam.Effect.DENY,
        principals: [everybody],
        actions: ['kms:DisableKey'],
        resources: ['*'],
        conditions: {
          NumericLessThan: usedLately,
          ArnNotEquals: { 'aws:PrincipalArn': operator },
        },
      }),
      new iam.PolicyStatement({
        sid: 'NobodyDeletesAKeyInUse',
        effect: iam.Effect.DENY,
        principals: [everybody],
        actions: ['kms:ScheduleKeyDeletion'],
        resources: ['*'],
        conditions: { NumericLessThan: usedLately },
      }),
    ],
  });
}

const administration = [
  'kms:CreateAlias',
  'kms:UpdateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:GetPublicKey',
  'kms:GetKeyPolicy',
  'kms:PutKeyPolicy',
  'kms:GetKeyLastUsage',
  'kms:GetKeyRotationStatus',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateKeyDescription',
  'kms:UpdatePrimaryRegion',
  'kms:ReplicateKey',
  'kms:EnableKey',
  'kms:DisableKey',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
];

const roles = (broker: string, may: (of: Rights) => boolean): string[] =>
  (Object.entries(rights) as [RoleName, Rights][])
    .filter(([, of]) => may(of))
    .map(([name]) => roleArn(broker, name));
