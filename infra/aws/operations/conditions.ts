// When the alarms go off, and what they say. Each is named after its section in docs/runbooks.md. Those on what the
// functions count are in event-conditions.ts; these are on AWS's own metrics.
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { KeySpec } from '#shared/config/input.ts';
import type { TokenBroker } from '../token-broker.ts';
import { eventConditions } from './event-conditions.ts';
import {
  apiMetric,
  edgeMetric,
  eventsOf,
  firewallMetric,
  functionMetrics,
  refusalsMetric,
  shareOf,
  signingQuota,
  streamingMetrics,
  sumOf,
  tableMetric,
} from './metrics.ts';
import { type Thresholds, usualThresholds } from './thresholds.ts';

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
  const limits = { ...usualThresholds, ...thresholds };
  const stream = broker.functions.stream?.function;
  return {
    ...eventConditions(eventsOf(broker.state.broker), limits),
    'signing-quota': {
      metric: signingQuota(keySpec === 'RSA_2048' ? 'Rsa' : 'Ecc'),
      at: limits.signingQuota,
      periods: [3, 5],
      what: 'The account nears its quota of signatures a second.',
    },
    'store-throttles': twice({
      metric: sumOf('throttled reads and writes', [
        tableMetric(broker, 'ReadThrottleEvents'),
        tableMetric(broker, 'WriteThrottleEvents'),
      ]),
      what: 'DynamoDB throttles.',
    }),
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
    // A cut stream counts as an error of its function.
    'function-errors': twice({
      metric: sumOf(
        'invocations that crashed or timed out',
        functionMetrics(broker, (of) => of.function.metricErrors(), ['stream']),
      ),
      what: 'Functions crash or time out.',
    }),
    ...(stream && {
      'stream-errors': {
        metric: shareOf(
          'streams that crashed, timed out or were cut (%)',
          [stream.metricErrors()],
          [stream.metricInvocations()],
          5,
        ),
        at: limits.streamErrors,
        periods: [2, 3],
        what: 'Most streams crash, time out or are cut.',
      },
    }),
    'function-throttles': twice({
      metric: sumOf(
        'invocations turned away',
        functionMetrics(broker, (of) => of.function.metricThrottles()),
      ),
      what: 'Lambda has no environment left.',
    }),
  };
}

/** A single one may be an accident. */
const twice = (condition: Pick<Condition, 'metric' | 'what'>): Condition => ({
  ...condition,
  at: 1,
  periods: [2, 3],
});

/** For the metrics of CloudFront and its firewall. They are in us-east-1, and so are their alarms. */
export function edgeConditions({
  broker,
  thresholds,
}: Pick<Watched, 'broker' | 'thresholds'>): Record<string, Condition> {
  const limits = { ...usualThresholds, ...thresholds };
  const { firewallMetricName: firewall } = broker;
  return {
    'edge-errors': {
      metric: edgeMetric(broker, '5xxErrorRate'),
      at: limits.edgeErrors,
      periods: [2, 3],
      what: 'CloudFront answers 5xx, whatever the cause behind it.',
    },
    ...(firewall && {
      'blocked-requests': {
        metric: shareOf(
          'requests that the firewall blocked (%)',
          [firewallMetric(firewall, 'BlockedRequests')],
          [
            firewallMetric(firewall, 'BlockedRequests'),
            firewallMetric(firewall, 'AllowedRequests'),
          ],
          100,
        ),
        at: limits.blockedRequests,
        periods: [2, 3],
        what: 'The firewall blocks many requests: an attack, or people whom a rule mistakes for attackers.',
      },
    }),
  };
}
