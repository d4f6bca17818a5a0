// What people watch: the alarms, the dashboard, and the hourly report on the keys that both need.
import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config } from '#shared/config.ts';
import type { TokenBroker } from '../token-broker.ts';
import { Alarms, type Thresholds } from './alarms.ts';
import { Overview } from './dashboard.ts';

export interface OperationsProps {
  readonly broker: TokenBroker;
  readonly keySpec: Config['dpop']['keySpec'];
  readonly alarms: { readonly topic?: ITopic; readonly thresholds?: Thresholds } | false;
}

export class Operations extends Construct {
  readonly alarms: Alarms | undefined;

  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id);
    const { broker, keySpec } = props;
    if (props.alarms) {
      this.alarms = new Alarms(this, 'Alarms', { broker, keySpec, ...props.alarms });
    }
    new Overview(this, 'Overview', { broker, alarms: this.alarms, keySpec });
    new Rule(this, 'KeyReport', {
      description: `${broker.state.broker}: reports on the keys`,
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [
        new LambdaFunction(broker.functions.keys.function, {
          event: RuleTargetInput.fromObject({ command: 'report' }),
          retryAttempts: 2,
        }),
      ],
    });
  }
}
