// A new version of a function gets a tenth of the calls for 15 minutes. If one of the alarms for failing calls goes
// off, CodeDeploy rolls it back, and the deployment with it.
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import {
  LambdaApplication,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from 'aws-cdk-lib/aws-codedeploy';
import { Construct } from 'constructs';
import { acknowledge } from '#infra/aws/acknowledge.ts';
import type { EndpointFunction } from './endpoint-function.ts';

export interface RolloutProps {
  readonly functions: readonly EndpointFunction[];
  readonly alarms: Readonly<Record<string, Alarm>>;
}

/** The alarms that a broken version sets off within those 15 minutes. */
const telling = [
  'server-errors',
  'function-errors',
  'login-failures',
  'refresh-failures',
  'signing-failures',
  'store-failures',
];

export class Rollout extends Construct {
  constructor(scope: Construct, id: string, { functions, alarms }: RolloutProps) {
    super(scope, id);
    const application = new LambdaApplication(this, 'Application');
    for (const { alias, node } of functions) {
      if (!alias) continue;
      const group = new LambdaDeploymentGroup(this, node.id, {
        application,
        alias,
        deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_15MINUTES,
        alarms: telling.flatMap((name) => alarms[name] ?? []),
      });
      acknowledge(group, {
        'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]':
          'CodeDeploy shifts the traffic of these aliases with the policy that AWS keeps for it.',
      });
    }
  }
}
