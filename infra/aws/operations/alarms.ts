// The alarms, and the topics that they notify.
import { Stack, Token } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { inUsEast1, nameInUsEast1, usEast1 } from '../front/us-east-1.ts';
import { type Condition, conditions, edgeConditions, type Watched } from './conditions.ts';

export interface AlarmsProps extends Watched {
  readonly topic?: ITopic | undefined;
  /** In us-east-1. */
  readonly edgeTopic?: ITopic | undefined;
}

export class Alarms extends Construct {
  /** By their sections in the runbooks; only those of the broker's own Region. */
  readonly named: Readonly<Record<string, Alarm>>;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { broker, topic, edgeTopic } = props;
    const prefix = broker.state.broker;
    this.named = Object.fromEntries(
      Object.entries(conditions(props)).map(([name, condition]) => [
        name,
        alarmOn(this, name, { prefix, name, condition, topic }),
      ]),
    );
    const { region } = Stack.of(this);
    if (Token.isUnresolved(region)) return;
    const edge = {
      prefix: nameInUsEast1(broker, prefix),
      topic: edgeTopic ?? (region === usEast1 ? topic : undefined),
    };
    for (const [name, condition] of Object.entries(edgeConditions(props))) {
      inUsEast1(broker, 'logs', name, (at, id) => alarmOn(at, id, { ...edge, name, condition }));
    }
  }
}

interface AlarmOn {
  prefix: string;
  /** The name of its section in the runbooks. */
  name: string;
  condition: Condition;
  topic: ITopic | undefined;
}

function alarmOn(scope: Construct, id: string, { prefix, name, condition, topic }: AlarmOn): Alarm {
  const { metric, at, periods: [bad, of] = [1, 1], silence, what } = condition;
  const alarm = new Alarm(scope, id, {
    alarmName: `${prefix}-${name}`,
    alarmDescription: `${what} docs/runbooks.md#${name}`,
    metric,
    threshold: at,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    datapointsToAlarm: bad,
    evaluationPeriods: of,
    treatMissingData: silence ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  if (topic) {
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
  return alarm;
}
