// The alarms, and the topics that they notify.
import { Stack, Token } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { inUsEast1, nameInUsEast1, usEast1 } from '../front/us-east-1.ts';
import { alarmOn } from './alarm-on.ts';
import { conditions, edgeConditions, type Watched } from './conditions.ts';

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
        alarmOn(this, name, { prefix, name, page: pageOf(name), condition, topic }),
      ]),
    );
    const { region } = Stack.of(this);
    if (Token.isUnresolved(region)) return;
    const edge = {
      prefix: nameInUsEast1(broker, prefix),
      topic: edgeTopic ?? (region === usEast1 ? topic : undefined),
    };
    for (const [name, condition] of Object.entries(edgeConditions(props))) {
      inUsEast1(broker, 'logs', name, (at, id) =>
        alarmOn(at, id, { ...edge, name, page: pageOf(name), condition }),
      );
    }
  }
}

const pageOf = (name: string) => `docs/runbooks.md#${name}`;
