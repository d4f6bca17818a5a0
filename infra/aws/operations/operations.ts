// What people watch: the alarms, the dashboard, and the clock that tends the keys and reports on them to both.
import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config } from '#shared/config.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';
import type { TokenBroker } from '../token-broker.ts';
import { Alarms, type Thresholds } from './alarms.ts';
import { Overview } from './dashboard.ts';

export interface OperationsProps {
  readonly broker: TokenBroker;
  readonly keySpec: Config['dpop']['keySpec'];
  readonly alarms: { readonly topic?: ITopic; readonly thresholds?: Thresholds } | false;
  readonly keyRotation?: KeyRotation | undefined;
}

/** Keys are rotated by themselves, and not only by an operator. */
export interface KeyRotation {
  readonly everyDays: number;
  /** Disables and deletes keys that no session needs any more. True if not given. */
  readonly retire?: boolean;
}

export class Operations extends Construct {
  readonly alarms: Alarms | undefined;

  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id);
    const { broker, keySpec, keyRotation } = props;
    if (props.alarms) {
      this.alarms = new Alarms(this, 'Alarms', { broker, keySpec, ...props.alarms });
    }
    new Overview(this, 'Overview', { broker, alarms: this.alarms, keySpec });
    new Rule(this, 'KeyReport', {
      description: `${broker.state.broker}: tends the keys and reports on them`,
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [
        new LambdaFunction(broker.functions.keys.function, {
          event: RuleTargetInput.fromObject({
            action: 'tend',
            actor: 'schedule',
            reason: 'every hour',
            ...(keyRotation && {
              rotateAfterDays: keyRotation.everyDays,
              retire: keyRotation.retire ?? true,
            }),
          } satisfies OperatorEvent),
          retryAttempts: 2,
        }),
      ],
    });
  }
}
