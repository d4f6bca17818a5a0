// The two stacks of a deployment: what must survive (keys, sessions) and what each deployment replaces.

import type { App } from 'aws-cdk-lib';
import { CfnOutput, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BrokerState } from './broker-state.ts';
import type { Settings } from './settings.ts';
import { TokenBroker, type TokenBrokerProps } from './token-broker.ts';

export interface BrokerStacks {
  state: Stack;
  broker: Stack;
}

export function addBroker(app: App, settings: Settings): BrokerStacks {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { name, removalPolicy } = settings.deployment;
  const keep = removalPolicy === 'retain';
  const common: StackProps = { env: environment(settings) };
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
  });
  const stack = new Stack(app, name, {
    ...common,
    description: `${name}: DPoP token broker for Okta`,
  });
  const broker = new TokenBroker(stack, 'Broker', { ...propsOf(stack, settings), state });
  addOutputs(stack, broker, settings.config.publicOrigin);
  return { state: stateStack, broker: stack };
}

/** us-east-1 when nothing says otherwise, as the CDK's own command line does. */
function environment({ deployment }: Settings) {
  const account = deployment.account ?? process.env.CDK_DEFAULT_ACCOUNT;
  return {
    ...(account && { account }),
    region: deployment.region ?? process.env.CDK_DEFAULT_REGION ?? 'us-east-1',
  };
}

function propsOf(stack: Stack, { config, deployment }: Settings): TokenBrokerProps {
  const { memoryMb, provisionedConcurrency, reservedConcurrency } = deployment;
  const { certificateArn, hostedZoneId, hostedZoneName } = deployment;
  const size = {
    ...(memoryMb && { memoryMb }),
    ...(provisionedConcurrency && { provisionedConcurrency }),
    ...(reservedConcurrency && { reservedConcurrency }),
  };
  return {
    config,
    functions: { proxy: size },
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

/** Found by name: by people after a deployment, by the operator's command line. */
function addOutputs(stack: Stack, { edge, state, functions }: TokenBroker, publicOrigin: string) {
  const outputs = {
    PublicOrigin: publicOrigin,
    DistributionDomain: edge.distribution.distributionDomainName,
    RedirectUri: `${new URL(publicOrigin).origin}/bff/callback`,
    JwksUri: `${new URL(publicOrigin).origin}/bff/jwks`,
    SpaBucket: edge.bucket.bucketName,
    OperatorFunction: functions.keys.function.functionName,
    Table: state.table.tableName,
  };
  for (const [id, value] of Object.entries(outputs)) new CfnOutput(stack, id, { value });
}
