// CloudFront's access logs (standard logging v2), with chosen fields. They never include the query, which carries
// authorization codes and login hints, nor cookies, nor the path, which can contain users' names.
import { Aws, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  CfnDelivery,
  CfnDeliveryDestination,
  CfnDeliverySource,
  LogGroup,
  ResourcePolicy,
  type RetentionDays,
} from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

const usualFields = [
  'date',
  'time',
  'x-edge-request-id',
  'x-edge-location',
  'x-edge-detailed-result-type',
  'c-ip',
  'cs-method',
  'x-host-header',
  'cs-protocol-version',
  'ssl-protocol',
  'sc-status',
  'sc-bytes',
  'cs-bytes',
  'time-taken',
  'time-to-first-byte',
];

export interface AccessLogsProps {
  /** The name of the deliveries and of the policy that allows them. The account has each once. */
  readonly name: string;
  readonly distributionId: string;
  /** Replaces the usual fields. `cs-uri-stem` adds the path. */
  readonly fields?: readonly string[] | undefined;
  readonly encryptionKey?: IKey | undefined;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** Belongs in us-east-1, because CloudFront delivers its logs from there. */
export class AccessLogs extends Construct {
  constructor(scope: Construct, id: string, props: AccessLogsProps) {
    super(scope, id);
    const forbidden = props.fields?.filter((field) => secretFields.includes(field)) ?? [];
    if (forbidden.length > 0) {
      throw new Error(`accessLogs: ${forbidden.join(', ')} can contain codes, cookies or tokens`);
    }
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
      ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
    });
    const { name } = props;
    const policy = new ResourcePolicy(this, 'Policy', {
      resourcePolicyName: name,
      policyStatements: [
        new PolicyStatement({
          principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
          conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
        }),
      ],
    });
    const source = new CfnDeliverySource(this, 'Source', {
      name,
      logType: 'ACCESS_LOGS',
      resourceArn: `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/${props.distributionId}`,
    });
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name,
      deliveryDestinationType: 'CWL',
      destinationResourceArn: logGroup.logGroupArn,
      outputFormat: 'json',
    });
    const delivery = new CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.ref,
      deliveryDestinationArn: destination.attrArn,
      recordFields: [...(props.fields ?? usualFields)],
    });
    // Without it, CloudWatch Logs writes its own policy, or refuses.
    delivery.node.addDependency(policy);
  }
}

const secretFields = ['cs-uri-query', 'cs(Cookie)', 'cs(Referer)'];
