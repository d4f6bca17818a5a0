// When the alarms go off, and what they say. Each is named after its section in docs/runbooks.md.
import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { KeySpec } from '#shared/config/input.ts';
import type { EndpointFunction } from '../endpoint-function.ts';
import type { TokenBroker } from '../token-broker.ts';
import {
  apiMetric,
  edgeMetric,
  eventsOf,
  functionMetrics,
  refusalsMetric,
  shareOf,
  signingQuota,
  streamingMetrics,
  sumOf,
  tableMetric,
} from './metrics.ts';

/** When the alarms go off. */
export interface Thresholds {
  /** The share of finished sign-ins that may fail, in percent. */
  readonly loginFailures?: number;
  /** The number of renewals that may fail in five minutes. */
  readonly refreshFailures?: number;
  /** The share of the account's quota for signatures, in percent. */
  readonly signingQuota?: number;
  /** The share of the APIs' answers that may be 5xx, in percent. */
  readonly serverErrors?: number;
  /** The share of CloudFront's answers that may be 5xx, in percent. */
  readonly edgeErrors?: number;
  /** The share of the API's answers that may be refusals of requests that bypass CloudFront, in percent. */
  readonly originRefusals?: number;
  /** The share of finished streams that may crash, time out or be cut, in percent. */
  readonly streamErrors?: number;
  /** The 99th percentile of proxied calls, in milliseconds. */
  readonly slowCallsMs?: number;
  /** The 99th percentile of signatures, in milliseconds. */
  readonly slowSigningMs?: number;
  /** The age of the active key, for either use. */
  readonly keyAgeDays?: number;
  /** The number of refusals in five minutes. */
  readonly csrfRefusals?: number;
  /** The number of sign-ins that begin in five minutes, finished or not. */
  readonly signInsStarted?: number;
}

const usual = {
  loginFailures: 25,
  refreshFailures: 5,
  signingQuota: 70,
  serverErrors: 1,
  edgeErrors: 5,
  originRefusals: 50,
  streamErrors: 50,
  slowCallsMs: 5000,
  slowSigningMs: 500,
  keyAgeDays: 365,
  csrfRefusals: 100,
  signInsStarted: 3000,
} satisfies Required<Thresholds>;

export interface Condition {
  metric: IMetric;
  /** Goes off at this value. */
  at: number;
  /** The number of periods that must match, and the number that is looked at. */
  periods?: readonly [number, number];
  /** Missing data counts as the worst value. */
  silence?: true;
  what: string;
}

export interface Watched {
  readonly broker: TokenBroker;
  readonly keySpec: KeySpec;
  readonly thresholds?: Thresholds | undefined;
}

export function conditions({ broker, keySpec, thresholds }: Watched): Record<string, Condition> {
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
    'sign-in-flood': {
      metric: sumOf('sign-ins that began', [event('login.started')]),
      at: limits.signInsStarted,
      periods: [2, 3],
      what: 'Sign-ins begin faster than people sign in.',
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
        [apiMetric(broker, '5xx'), ...streamingMetrics(broker, '5XXError')],
        [apiMetric(broker, 'Count'), ...streamingMetrics(broker, 'Count')],
        5,
      ),
      at: limits.serverErrors,
      periods: [2, 3],
      what: 'The API answers 5xx.',
    },
    'origin-refusals': {
      metric: shareOf(
        'requests that did not come through CloudFront (%)',
        [refusalsMetric(broker)],
        [apiMetric(broker, 'Count')],
        20,
      ),
      at: limits.originRefusals,
      periods: [2, 3],
      what: 'The authorizer refuses most requests: CloudFront and it have different secrets, or somebody calls the API itself.',
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
        // A cut stream counts as an error of its function.
        functionMetrics(broker, (of) => of.function.metricErrors(), ['stream']),
      ),
      at: 1,
      periods: [2, 3],
      what: 'Functions crash or time out.',
    },
    ...(broker.functions.stream && {
      'stream-errors': streamErrors(broker.functions.stream, limits.streamErrors),
    }),
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
    'assertion-key-age': {
      metric: event('keys.assertion.reported.ageDays', { statistic: 'Maximum', period: hour }),
      at: limits.keyAgeDays,
      what: 'The key of client assertions should be rotated.',
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

const streamErrors = ({ function: stream }: EndpointFunction, at: number): Condition => ({
  metric: shareOf(
    'streams that crashed, timed out or were cut (%)',
    [stream.metricErrors()],
    [stream.metricInvocations()],
    5,
  ),
  at,
  periods: [2, 3],
  what: 'Most streams crash, time out or are cut.',
});

/** CloudFront's metrics are in us-east-1, and so is their alarm. */
export const edgeErrors = (broker: TokenBroker, thresholds: Thresholds = {}): Condition => ({
  metric: edgeMetric(broker, '5xxErrorRate'),
  at: thresholds.edgeErrors ?? usual.edgeErrors,
  periods: [2, 3],
  what: 'CloudFront answers 5xx, whatever lies behind it.',
});
