// The alarms. Each is named for its section in docs/runbooks.md, which says what it means and what to do.
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { KeySpec } from '#shared/config-input.ts';
import type { TokenBroker } from '../token-broker.ts';
import {
  apiMetric,
  eventsOf,
  functionMetrics,
  shareOf,
  signingQuota,
  sumOf,
  tableMetric,
} from './metrics.ts';

/** When the alarms go off. */
export interface Thresholds {
  /** Of the sign-ins that end, how many may fail, in percent. */
  readonly loginFailures?: number;
  /** Renewals that fail in five minutes. */
  readonly refreshFailures?: number;
  /** Of the account's quota for signatures, in percent. */
  readonly signingQuota?: number;
  /** Of the API's answers, how many may be 5xx, in percent. */
  readonly serverErrors?: number;
  /** The slowest hundredth of proxied calls, in milliseconds. */
  readonly slowCallsMs?: number;
  /** The slowest hundredth of signatures, in milliseconds. */
  readonly slowSigningMs?: number;
  readonly keyAgeDays?: number;
  /** Refusals in five minutes. */
  readonly csrfRefusals?: number;
}

const usual = {
  loginFailures: 25,
  refreshFailures: 5,
  signingQuota: 70,
  serverErrors: 1,
  slowCallsMs: 5000,
  slowSigningMs: 500,
  keyAgeDays: 365,
  csrfRefusals: 100,
} satisfies Required<Thresholds>;

interface Condition {
  metric: IMetric;
  /** Goes off at this value. */
  at: number;
  /** In so many of so many periods. */
  periods?: readonly [number, number];
  /** Silence is as bad as the worst value. */
  silence?: true;
  what: string;
}

export interface AlarmsProps {
  readonly broker: TokenBroker;
  readonly keySpec: KeySpec;
  readonly topic?: ITopic | undefined;
  readonly thresholds?: Thresholds | undefined;
}

export class Alarms extends Construct {
  readonly all: Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { broker, topic } = props;
    this.all = Object.entries(conditions(props)).map(
      ([name, { metric, at, periods: [bad, of] = [1, 1], silence, what }]) => {
        const alarm = new Alarm(this, name, {
          alarmName: `${broker.state.broker}-${name}`,
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
      },
    );
  }
}

function conditions({ broker, keySpec, thresholds }: AlarmsProps): Record<string, Condition> {
  const limits = { ...usual, ...thresholds };
  const event = eventsOf(broker.state.broker);
  const hour = Duration.hours(1);
  return {
    'login-failures': {
      metric: shareOf(
        'sign-ins that failed (%)',
        [event('login.rejected')],
        [event('login.rejected'), event('login.completed')],
        5,
      ),
      at: limits.loginFailures,
      periods: [2, 3],
      what: 'Sign-ins fail.',
    },
    'untrusted-answers': {
      metric: sumOf('answers refused', [event('login.untrusted'), event('refresh.untrusted')]),
      at: 1,
      what: 'The authorization server sent tokens that are not bound to our key, or not for us.',
    },
    'refresh-failures': {
      metric: sumOf('renewals that failed', [event('refresh.failed'), event('refresh.refused')]),
      at: limits.refreshFailures,
      periods: [2, 3],
      what: 'Sessions cannot be renewed.',
    },
    'csrf-refusals': {
      metric: sumOf('refusals', [event('failed.csrf')]),
      at: limits.csrfRefusals,
      what: 'Many requests do not come from the application.',
    },
    'signing-failures': {
      metric: sumOf('calls without a signature', [event('failed.signer_unavailable')]),
      at: 3,
      what: 'KMS does not sign: throttled, disabled or unreachable.',
    },
    'signing-quota': {
      metric: signingQuota(keySpec === 'RSA_2048' ? 'Rsa' : 'Ecc'),
      at: limits.signingQuota,
      periods: [3, 5],
      what: 'The account nears its quota of signatures a second.',
    },
    'slow-signing': {
      metric: event('proxy.completed.signerMs', { statistic: 'p99' }),
      at: limits.slowSigningMs,
      periods: [3, 3],
      what: 'KMS signs slowly.',
    },
    'store-failures': {
      metric: sumOf('calls without a session store', [event('failed.store_unavailable')]),
      at: 3,
      what: 'DynamoDB does not answer.',
    },
    'store-throttles': {
      metric: sumOf('throttled reads and writes', [
        tableMetric(broker, 'ReadThrottleEvents'),
        tableMetric(broker, 'WriteThrottleEvents'),
      ]),
      at: 1,
      periods: [2, 3],
      what: 'DynamoDB throttles.',
    },
    'server-errors': {
      metric: shareOf(
        'answers that are 5xx (%)',
        [apiMetric(broker, '5xx')],
        [apiMetric(broker, 'Count')],
        5,
      ),
      at: limits.serverErrors,
      periods: [2, 3],
      what: 'The API answers 5xx.',
    },
    'slow-calls': {
      metric: event('proxy.completed.totalMs', { statistic: 'p99' }),
      at: limits.slowCallsMs,
      periods: [3, 3],
      what: 'Proxied calls are slow.',
    },
    'function-errors': {
      metric: sumOf(
        'invocations that crashed or timed out',
        functionMetrics(broker, (of) => of.function.metricErrors()),
      ),
      at: 1,
      periods: [2, 3],
      what: 'Functions crash or time out.',
    },
    'function-throttles': {
      metric: sumOf(
        'invocations turned away',
        functionMetrics(broker, (of) => of.function.metricThrottles()),
      ),
      at: 1,
      periods: [2, 3],
      what: 'Lambda has no environment left.',
    },
    'key-age': {
      metric: event('keys.dpop.reported.ageDays', { statistic: 'Maximum', period: hour }),
      at: limits.keyAgeDays,
      what: 'The DPoP key should be rotated.',
    },
    'key-unusable': {
      metric: event('keys.active_unusable', { period: hour }),
      at: 1,
      what: 'A key that should sign is missing, disabled or being deleted.',
    },
    'key-rotation': {
      metric: sumOf(
        'rotations that are overdue or stuck',
        [
          event('keys.rotation_overdue', { period: hour }),
          event('keys.rotation_stuck', { period: hour }),
        ],
        hour,
      ),
      at: 1,
      periods: [2, 3],
      what: 'A rotation is overdue, or does not come to an end.',
    },
    'key-report-missing': {
      metric: new MathExpression({
        label: 'hours without a report',
        period: hour,
        expression: 'IF(FILL(reports, 0) > 0, 0, 1)',
        usingMetrics: { reports: event('keys.dpop.reported', { period: hour }) },
      }),
      at: 1,
      periods: [3, 3],
      silence: true,
      what: 'The operator function has not reported on the keys.',
    },
  };
}
