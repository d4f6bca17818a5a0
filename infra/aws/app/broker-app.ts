// The two stacks of a deployment: what must survive (keys, sessions) and what each deployment replaces.

import type { App } from 'aws-cdk-lib';
import {
  Annotations,
  CfnOutput,
  RemovalPolicy,
  Stack,
  type StackProps,
  Tags,
  Validations,
} from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type ISubnet, SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BrokerState } from '#infra/aws/broker-state.ts';
import { TokenBroker, type TokenBrokerProps } from '#infra/aws/token-broker.ts';
import type { Deployment } from './deployment.ts';
import { type AppSettings, regionOf } from './settings.ts';

export interface BrokerStacks {
  state: Stack;
  broker: Stack;
}

export function addBroker(app: App, settings: AppSettings): BrokerStacks {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { name, removalPolicy } = settings.deployment;
  const keep = removalPolicy === 'retain';
  const common: StackProps = { env: environment(settings) };
  for (const [name, value] of Object.entries(settings.deployment.tags))
    Tags.of(app).add(name, value);
  const stateStack = new Stack(app, `${name}-state`, {
    ...common,
    description: `${name}: sessions and keys`,
    terminationProtection: keep,
  });
  const keySpec = settings.config.dpop?.keySpec;
  const state = new BrokerState(stateStack, 'State', {
    name,
    removalPolicy: keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    ...(keySpec && { keySpec }),
    ...encryptionKey(stateStack, settings.deployment),
  });
  const stack = new Stack(app, name, {
    ...common,
    description: `${name}: DPoP token broker for Okta`,
  });
  const broker = new TokenBroker(stack, 'Broker', { ...propsOf(stack, settings), state });
  addOutputs(stack, broker, settings.config.publicOrigin);
  return { state: stateStack, broker: stack };
}

function environment({ deployment }: AppSettings) {
  const account = deployment.account ?? process.env.CDK_DEFAULT_ACCOUNT;
  return { ...(account && { account }), region: regionOf(deployment) };
}

function propsOf(stack: Stack, { config, deployment }: AppSettings): TokenBrokerProps {
  const { certificateArn, hostedZoneId, hostedZoneName, vpc } = deployment;
  const proxy = { ...given(deployment, sizes), ...deployment.functions.proxy };
  return {
    config,
    functions: { ...deployment.functions, proxy } as TokenBrokerProps['functions'] & object,
    reserveConcurrency: deployment.reserveConcurrency,
    canary: deployment.canary,
    tracing: deployment.tracing,
    ...(Object.keys(deployment.tags).length > 0 && { keyTags: deployment.tags }),
    ...(vpc && network(stack, vpc)),
    ...encryptionKey(stack, deployment),
    firewall: deployment.firewall && {
      ...(deployment.rateLimit && { rateLimit: deployment.rateLimit }),
      ...(deployment.signInRateLimit && { signInRateLimit: deployment.signInRateLimit }),
    },
    ...(!deployment.accessLogs && { accessLogs: false }),
    logRetention: deployment.logDays,
    originSecret: deployment.originSecret,
    removalPolicy:
      deployment.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    ...(deployment.spa && { spa: deployment.spa }),
    ...(deployment.contentSecurityPolicy && {
      contentSecurityPolicy: deployment.contentSecurityPolicy,
    }),
    alarms: deployment.alarms && {
      ...(deployment.alarmTopicArn && {
        topic: Topic.fromTopicArn(stack, 'AlarmTopic', deployment.alarmTopicArn),
      }),
      ...(deployment.edgeAlarmTopicArn && {
        edgeTopic: Topic.fromTopicArn(stack, 'EdgeAlarmTopic', deployment.edgeAlarmTopicArn),
      }),
    },
    ...(certificateArn && {
      domain: {
        certificate: Certificate.fromCertificateArn(stack, 'Certificate', certificateArn),
        ...(hostedZoneId &&
          hostedZoneName && {
            hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
              hostedZoneId,
              zoneName: hostedZoneName,
            }),
          }),
      },
    }),
  };
}

const sizes = ['memoryMb', 'provisionedConcurrency', 'reservedConcurrency'] as const;

function given<Name extends keyof Deployment>(deployment: Deployment, names: readonly Name[]) {
  return Object.fromEntries(
    names.map((name) => [name, deployment[name]]).filter(([, value]) => value !== undefined),
  );
}

function network(scope: Stack, { vpcId, subnetIds, securityGroupIds }: Network) {
  return {
    // Subnets and groups are named explicitly, so nothing is looked up in the account.
    vpc: Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: ['named-by-subnets'] }),
    vpcSubnets: { subnets: subnetIds.map((id) => subnet(scope, id)) },
    securityGroups: securityGroupIds.map((id) =>
      SecurityGroup.fromSecurityGroupId(scope, `SecurityGroup-${id}`, id),
    ),
  };
}

function subnet(scope: Stack, id: string): ISubnet {
  const one = Subnet.fromSubnetId(scope, `Subnet-${id}`, id);
  Annotations.of(one).acknowledgeWarning(
    '@aws-cdk/aws-ec2:noSubnetRouteTableId',
    'Functions are put into it, and no route is added to it.',
  );
  return one;
}

type Network = NonNullable<Deployment['vpc']>;

const encryptionKey = (scope: Stack, { encryptionKeyArn }: Deployment) =>
  encryptionKeyArn === undefined
    ? {}
    : { encryptionKey: Key.fromKeyArn(scope, 'EncryptionKey', encryptionKeyArn) };

/** Found by name: by people after a deployment, and by the operator's command line. */
function addOutputs(stack: Stack, { edge, state, functions }: TokenBroker, publicOrigin: string) {
  const { origin } = new URL(publicOrigin);
  const outputs: Record<string, [value: string, description: string]> = {
    PublicOrigin: [publicOrigin, 'Where people open the application'],
    DistributionDomain: [
      edge.distribution.distributionDomainName,
      'Where the DNS of the public origin must lead (CNAME or alias)',
    ],
    DistributionId: [
      edge.distribution.distributionId,
      'For: aws cloudfront create-invalidation --paths "/*" --distribution-id',
    ],
    RedirectUri: [`${origin}/bff/callback`, 'Sign-in redirect URI of the app at Okta'],
    SignOutRedirectUri: [`${origin}/`, 'Sign-out redirect URI of the app at Okta'],
    JwksUri: [`${origin}/bff/jwks`, 'URL of the keys of the app at Okta'],
    SpaBucket: [edge.bucket.bucketName, 'Where the built app is uploaded to'],
    OperatorFunction: [
      functions.keys.function.functionName,
      'What the operator command invokes. Anyone who may invoke it operates this broker',
    ],
    Table: [state.table.tableName, 'Sessions, sealed, and the key ring'],
  };
  for (const [id, [value, description]] of Object.entries(outputs)) {
    new CfnOutput(stack, id, { value, description });
  }
}
