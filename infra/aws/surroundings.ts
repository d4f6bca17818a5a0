// What a company's rules ask of a deployment beyond its defaults: its own key, its own network, no traces.
import { Aws } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Statement } from '../policy/document.ts';

export interface Surroundings {
  /**
   * The functions run in this network, which must lead to the authorization server, the APIs, DynamoDB, KMS, Secrets
   * Manager and X-Ray.
   * @default - Lambda's own network, which leads to the internet.
   */
  readonly vpc?: IVpc;
  /** @default - the private subnets of `vpc`. */
  readonly vpcSubnets?: SubnetSelection;
  /** @default - one that allows all that goes out and nothing that comes in. */
  readonly securityGroups?: ISecurityGroup[];
  /**
   * Encrypts logs, secrets, files and the functions' environments. The table has its own (`BrokerState`).
   * @default - keys of AWS.
   */
  readonly encryptionKey?: IKey;
  /**
   * Traces in X-Ray.
   * @default true
   */
  readonly tracing?: boolean;
}

const networkActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** Lambda attaches functions to a network in the name of their role; their own code must not do it. */
export const networkStatements: readonly Statement[] = [
  { Effect: 'Allow', Action: networkActions, Resource: '*' },
  {
    Effect: 'Deny',
    Action: networkActions,
    Resource: '*',
    // Only calls that a function's code makes carry it (Lambda Developer Guide, "Giving functions access to a VPC").
    Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
  },
];

/** DynamoDB reads and writes a table under a customer's key in the name of whoever asks for items. */
export const tableKeyStatement = (key: IKey): Statement =>
  through('dynamodb', key, [
    'kms:Encrypt',
    'kms:Decrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:DescribeKey',
  ]);

export const secretKeyStatement = (key: IKey): Statement =>
  through('secretsmanager', key, ['kms:Decrypt']);

export const environmentKeyStatement = (key: IKey): Statement =>
  through('lambda', key, ['kms:Decrypt']);

const through = (service: string, key: IKey, actions: string[]): Statement => ({
  Effect: 'Allow',
  Action: actions,
  Resource: key.keyArn,
  Condition: { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
});
