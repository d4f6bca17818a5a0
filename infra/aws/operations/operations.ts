// What people watch: the alarms, the dashboard, and the schedule that maintains the keys and reports to both.
import { Construct } from 'constructs';
import type { KeyRotationInput, KeySpec } from '#shared/config/input.ts';
import type { TokenBroker } from '../token-broker.ts';
import type { AlarmsInput } from '../token-broker-props.ts';
import { Alarms } from './alarms.ts';
import { Overview } from './dashboard.ts';
import { KeyClock } from './key-clock.ts';

export interface OperationsProps {
  readonly broker: TokenBroker;
  readonly keySpec: KeySpec;
  readonly alarms: AlarmsInput | false;
  /** Without it, only an operator rotates keys. */
  readonly keyRotation: KeyRotationInput | undefined;
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
    new KeyClock(this, 'KeyClock', {
      broker: broker.state.broker,
      operator: broker.functions.keys.function,
      keyRotation,
    });
  }
}
