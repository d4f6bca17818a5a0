// One alarm, and the topic that it notifies of its beginning and its end.
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Condition } from './conditions.ts';

export interface AlarmOn {
  prefix: string;
  name: string;
  /** Where it is explained. */
  page: string;
  condition: Condition;
  topic: ITopic | undefined;
}

export function alarmOn(
  scope: Construct,
  id: string,
  { prefix, name, page, condition, topic }: AlarmOn,
): Alarm {
  const { metric, at, periods: [bad, of] = [1, 1], silence, what } = condition;
  const alarm = new Alarm(scope, id, {
    alarmName: `${prefix}-${name}`,
    alarmDescription: `${what} ${page}`,
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
