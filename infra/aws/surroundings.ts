// What a company's rules may require beyond the defaults: its own key, its own network, no traces.
import { Aws } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Statement } from '../policy/document.ts';

/** What a company's rules may require beyond the defaults. */
export interface Surroundings {
  /**
   * The functions run in this network, which must reach the authorization server, the APIs, DynamoDB, KMS, Secrets
   * Manager and X-Ray.
   * @default - Lambda's own network, which reaches the internet.
   */
  readonly vpc?: IVpc;
  /**
   * Where in the network the functions run.
   * @default - the private subnets of `vpc`.
   */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * What the functions may reach, and who may reach them.
   * @default - one that allows all outgoing and no incoming traffic.
   */
  readonly securityGroups?: ISecurityGroup[];
  /**
   * Encrypts logs, secrets, files and the functions' variables. The table has its own key (`BrokerState`).
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

/** Lambda attaches functions to a network with the role's permissions. Their own code must not do so. */
export const networkStatements: readonly Statement[] = [
  { Effect: 'Allow', Action: networkActions, Resource: '*' },
  {
    Effect: 'Deny',
    Action: networkActions,
    Resource: '*',
    // Only calls from a function's code carry it (Lambda Developer Guide, "Giving functions access to a VPC").
    Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
  },
];

/** With a customer's key, DynamoDB encrypts and decrypts the table on behalf of the caller. */
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
