// The policy of every key of a broker, including those that a rotation makes. The account's IAM administers keys, but
// cannot sign with them: only the role of a signing function may, and only with the right algorithm.
import { type PolicyDocument, policy, type Statement } from '../../policy/document.ts';
import { signingAlgorithms } from './key-permissions.ts';
import { type AwsPlace, roleArn, rootArn } from './names.ts';
import { type Rights, type RoleName, rights } from './rights.ts';

export interface KeyPolicyScope {
  readonly place: AwsPlace;
  readonly broker: string;
  /** The keys have value: while they sign, nobody can disable or delete them by mistake. */
  readonly keep: boolean;
}

export function keyPolicy({ place, broker, keep }: KeyPolicyScope): PolicyDocument {
  const account = { AWS: rootArn(place) };
  const roles = (may: (of: Rights) => boolean): string[] =>
    (Object.entries(rights) as [RoleName, Rights][])
      .filter(([, of]) => may(of))
      .map(([name]) => roleArn(place, broker, name));
  return policy([
    {
      Sid: 'AccountAdministers',
      Effect: 'Allow',
      Principal: account,
      Action: administration,
      Resource: '*',
    },
    {
      Sid: 'BrokerSigns',
      Effect: 'Allow',
      Principal: account,
      Action: 'kms:Sign',
      Resource: '*',
      Condition: {
        ArnEquals: { 'aws:PrincipalArn': roles(({ signs }) => signs.length > 0) },
        StringEquals: { 'kms:SigningAlgorithm': signingAlgorithms },
      },
    },
    {
      Sid: 'BrokerPublishes',
      Effect: 'Allow',
      Principal: account,
      Action: 'kms:GetPublicKey',
      Resource: '*',
      Condition: {
        ArnEquals: { 'aws:PrincipalArn': roles(({ publishes }) => publishes.length > 0) },
      },
    },
    ...(keep ? protection(roleArn(place, broker, 'keys')) : []),
  ]);
}

/** A key that has signed recently cannot be disabled or deleted by mistake. */
const quietDays = 7;

/** Where KMS does not track usage, the condition key is absent, and the denial does not apply. */
function protection(operator: string): Statement[] {
  const usedLately = { 'kms:TrailingDaysWithoutKeyUsage': quietDays };
  return [
    {
      Sid: 'OnlyTheKillSwitchDisablesAKeyInUse',
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:DisableKey',
      Resource: '*',
      Condition: {
        NumericLessThan: usedLately,
        ArnNotEquals: { 'aws:PrincipalArn': operator },
      },
    },
    {
      Sid: 'NobodyDeletesAKeyInUse',
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:ScheduleKeyDeletion',
      Resource: '*',
      Condition: { NumericLessThan: usedLately },
    },
  ];
}

const administration = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:GetKeyLastUsage',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:ReplicateKey',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
  'kms:UpdatePrimaryRegion',
];
