// The metrics for the dashboard and the alarms: those that the functions count, and AWS's own.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, metricsNamespace } from '#core/events.ts';
import type { FunctionName } from '../../functions.ts';
import { streamingStage } from '../front/streaming-front.ts';
import type { EndpointFunction } from '../functions/endpoint-function.ts';
import type { TokenBroker } from '../token-broker.ts';

const usualPeriod = Duration.minutes(5);

/** Takes only the names of metrics that some event yields. */
export type Counted = (name: MetricName, options?: MetricOptions) => Metric;

/** Metrics of the functions' events (shared/core/events.ts), one service a broker. */
export const eventsOf =
  (broker: string): Counted =>
  (metricName, options = {}) =>
    new Metric({
      namespace: metricsNamespace,
      metricName,
      dimensionsMap: { service: broker },
      statistic: 'Sum',
      period: usualPeriod,
      label: metricName,
      ...options,
    });

/** A sum that is 0 when nothing was counted. */
export function sumOf(label: string, metrics: Metric[], period = usualPeriod): MathExpression {
  const { sum, usingMetrics } = added(label, metrics);
  return new MathExpression({ label, period, expression: sum, usingMetrics });
}

/**
 * The share of `part` in `whole`, in percent. It is 0 while `part` is below `atLeast`, so that a quiet hour raises no
 * alarm.
 */
export function shareOf(
  label: string,
  part: Metric[],
  whole: Metric[],
  atLeast: number,
): MathExpression {
  const one = added(`${label} part`, part);
  const all = added(`${label} whole`, whole);
  return new MathExpression({
    label,
    period: usualPeriod,
    expression: `IF(${one.sum} >= ${atLeast}, 100 * ${one.sum} / ${all.sum}, 0)`,
    usingMetrics: { ...one.usingMetrics, ...all.usingMetrics },
  });
}

/** All metrics of a graph share one set of ids, so each id comes from its label. */
function added(label: string, metrics: Metric[]) {
  const word = label.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  const usingMetrics = Object.fromEntries(
    metrics.map((metric, index): [string, Metric] => [`${word}_${index}`, metric]),
  );
  const sum = Object.keys(usingMetrics)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
  return { sum: `(${sum})`, usingMetrics };
}

/** The signatures of the whole account, in percent of its quota: KMS counts them by key family. */
export function signingQuota(family: 'Ecc' | 'Rsa'): MathExpression {
  return new MathExpression({
    label: `of the quota for ${family.toUpperCase()} signatures (%)`,
    period: Duration.minutes(1),
    expression: '100 * used / SERVICE_QUOTA(used)',
    usingMetrics: {
      used: new Metric({
        namespace: 'AWS/Usage',
        metricName: 'CallCount',
        dimensionsMap: {
          Service: 'KMS',
          Type: 'API',
          Class: 'None',
          Resource: `CryptographicOperations${family}`,
        },
        statistic: 'Sum',
        period: Duration.minutes(1),
      }),
    },
  });
}

export const tableMetric = ({ state }: TokenBroker, metricName: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: state.table.tableName },
    statistic: 'Sum',
    period: usualPeriod,
    label: metricName,
  });

export const apiMetric = ({ front }: TokenBroker, metricName: 'Count' | '4xx' | '5xx'): Metric =>
  new Metric({
    namespace: 'AWS/ApiGateway',
    metricName,
    dimensionsMap: { ApiId: front.api.apiId, Stage: front.stage.stageName },
    statistic: 'Sum',
    period: usualPeriod,
    label: metricName,
  });

/** The metrics of the REST API, if there is one. */
export const streamingMetrics = (
  { streamingFront }: TokenBroker,
  metricName: 'Count' | '5XXError',
): Metric[] =>
  streamingFront
    ? [
        new Metric({
          namespace: 'AWS/ApiGateway',
          metricName,
          dimensionsMap: {
            ApiName: streamingFront.api.restApiName,
            // By its name: a reference would make the alarm depend on everything that the stage waits for.
            Stage: streamingStage,
          },
          statistic: 'Sum',
          period: usualPeriod,
          label: metricName,
        }),
      ]
    : [];

/** Requests that the authorizer refused, from the API's log: no function answered them. */
export const refusalsMetric = ({ front }: TokenBroker): Metric =>
  front.refusals.with({ statistic: 'Sum', period: usualPeriod, label: 'refused' });

export const edgeMetric = ({ edge }: TokenBroker, metricName: '5xxErrorRate'): Metric =>
  new Metric({
    namespace: 'AWS/CloudFront',
    metricName,
    dimensionsMap: { DistributionId: edge.distribution.distributionId, Region: 'Global' },
    statistic: 'Average',
    period: usualPeriod,
  });

/**
 * Counts of all rules together. The metrics of CloudFront's firewalls have no Region.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
 * Metrics as CloudWatch lists them, with ALL: https://github.com/prometheus-community/yet-another-cloudwatch-exporter/pull/253
 */
export const firewallMetric = (
  WebACL: string,
  metricName: 'AllowedRequests' | 'BlockedRequests',
): Metric =>
  new Metric({
    namespace: 'AWS/WAFV2',
    metricName,
    dimensionsMap: { WebACL, Rule: 'ALL' },
    statistic: 'Sum',
    period: usualPeriod,
  });

export const functionMetrics = (
  { functions }: TokenBroker,
  metric: (of: EndpointFunction) => Metric,
  but: readonly FunctionName[] = [],
): Metric[] =>
  (Object.entries(functions) as [FunctionName, EndpointFunction][])
    .filter(([name]) => !but.includes(name))
    .map(([, one]) => metric(one));
