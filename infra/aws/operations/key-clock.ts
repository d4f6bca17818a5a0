// The schedule for the keys: every hour the operator function continues what is under way, begins what is due, and
// reports. Its role may invoke that function and nothing else.
import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { KeyRotationInput } from '#shared/config/input.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';

export interface KeyClockProps {
  readonly broker: string;
  readonly operator: IFunction;
  /** Without it, only an operator rotates keys. */
  readonly keyRotation: KeyRotationInput | undefined;
}

export class KeyClock extends Construct {
  constructor(scope: Construct, id: string, { broker, operator, keyRotation }: KeyClockProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [operator.functionArn],
      }),
    );
    new Schedule(this, 'Hourly', {
      description: `${broker}: tends the keys and reports on them`,
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      target: new LambdaInvoke(operator, {
        // It would add every version of the function.
        role: role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject({
          action: 'tend',
          actor: 'schedule',
          reason: 'every hour',
          ...(keyRotation && {
            everyDays: keyRotation.everyDays,
            retire: keyRotation.retire ?? true,
          }),
        } satisfies OperatorEvent),
        retryAttempts: 2,
      }),
    });
  }
}
