// The metrics that dashboard and alarms read: what the functions count, and what AWS counts about them.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { FunctionName } from '../../functions.ts';
import type { EndpointFunction } from '../endpoint-function.ts';
import { streamingStage } from '../streaming-front.ts';
import type { TokenBroker } from '../token-broker.ts';

/** As shared/log.ts has it, which a stack cannot import: it starts Powertools. */
export const namespace = 'OktaDpopBff';

const usualPeriod = Duration.minutes(5);

export type Counted = (name: string, options?: MetricOptions) => Metric;

/** Events of shared/log.ts by name, and their fields as `name.field`. */
export const eventsOf =
  (broker: string): Counted =>
  (metricName, options = {}) =>
    new Metric({
      namespace,
      metricName,
      dimensionsMap: { service: broker },
      statistic: 'Sum',
      period: usualPeriod,
      label: metricName,
      ...options,
    });

/** A sum that is 0 where nothing was counted. */
export function sumOf(label: string, metrics: Metric[], period = usualPeriod): MathExpression {
  const { sum, usingMetrics } = added(label, metrics);
  return new MathExpression({ label, period, expression: sum, usingMetrics });
}

/** `part` of `whole` in percent; 0 while `part` is under `atLeast`, so that a quiet hour raises no alarm. */
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

/** Ids of metrics are shared by a whole graph, so they come from the label. */
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

/** Signatures of the whole account against its quota, in percent: KMS counts them by key family. */
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

/** Of the REST API, where there is one. */
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
            // By its name: a reference would tie the alarm to all that the stage waits for.
            Stage: streamingStage,
          },
          statistic: 'Sum',
          period: usualPeriod,
          label: metricName,
        }),
      ]
    : [];

/** Requests that the authorizer turned away, as the API's log has them: no function answered those. */
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

export const functionMetrics = (
  { functions }: TokenBroker,
  metric: (of: EndpointFunction) => Metric,
  but: readonly FunctionName[] = [],
): Metric[] =>
  (Object.entries(functions) as [FunctionName, EndpointFunction][])
    .filter(([name]) => !but.includes(name))
    .map(([, one]) => metric(one));
