// CloudWatch on this machine, as far as the comparison of signatures needs it: ListMetrics and GetMetricData with sums,
// in AWS's JSON protocol. It counts what KMS signs, and what functions print. Kinder than CloudWatch: every value is there
// at once, and none comes twice. As there, a new metric is not listed at once.
import {
  type AwsAnswer,
  type AwsEndpoint,
  type AwsRequest,
  startAwsEndpoint,
} from '../endpoint.ts';
import type { Guard } from '../iam/guard.ts';
import { embeddedIn } from './embedded.ts';
import { type Metric, type MetricStore, metricStore } from './metrics.ts';

export interface Cloudwatch extends AwsEndpoint {
  metrics: MetricStore;
  /** KMS signed. */
  signed(key: { arn: string; region: string }): void;
  /** A function printed a line. */
  printed(line: string, region: string): unknown;
}

export interface CloudwatchOptions {
  guard?: Guard | undefined;
  now?: () => number;
  /** How old everything that happens now shall be in its records. Only what is old enough is compared. */
  agoMs?: (() => number) | undefined;
}

const contentType = 'application/x-amz-json-1.0';
const target = 'GraniteServiceVersion20100801.';

export async function startCloudwatch({
  guard,
  now = Date.now,
  agoMs = () => 0,
}: CloudwatchOptions = {}): Promise<Cloudwatch> {
  const metrics = metricStore();
  const answer = (request: AwsRequest): AwsAnswer => {
    const operation = operations[request.operation];
    if (!operation || !String(request.headers['x-amz-target']).startsWith(target)) {
      return refusal('UnknownOperationException');
    }
    const { accessKeyId, region } = request;
    const refused = guard?.refuses(accessKeyId, [
      {
        action: `cloudwatch:${request.operation}`,
        resource: '*',
        context: { 'aws:RequestedRegion': region },
      },
    ]);
    if (refused) return refusal(refused.error, refused.message);
    try {
      return json(
        200,
        operation({ metrics, region, now: now() }, JSON.parse(request.body.toString())),
      );
    } catch (fault) {
      if (fault instanceof InvalidParameter) return refusal(fault.name, fault.message);
      throw fault;
    }
  };
  const endpoint = await startAwsEndpoint({ contentType, answer });
  const earlier = <T extends { at: number }>(one: T): T => ({ ...one, at: one.at - agoMs() });
  return {
    ...endpoint,
    metrics,
    signed: ({ arn, region }) =>
      metrics.put([
        earlier({
          region,
          namespace: 'AWS/KMS',
          name: 'SuccessfulRequest',
          dimensions: { KeyArn: arn, Operation: 'Sign' },
          value: 1,
          at: now(),
        }),
      ]),
    // The metrics of all other events would only fill the memory.
    printed: (line, region) =>
      line.includes('"signatures.') && metrics.put(embeddedIn(line, region).map(earlier)),
  };
}

class InvalidParameter extends Error {
  override name = 'InvalidParameterValueException';
}

interface Dimension {
  Name: string;
  Value?: string;
}
interface ListInput {
  Namespace?: string;
  MetricName?: string;
  Dimensions?: Dimension[];
  NextToken?: string;
}
interface DataInput {
  StartTime: number;
  EndTime: number;
  MetricDataQueries: {
    Id: string;
    MetricStat: {
      Metric: { Namespace: string; MetricName: string; Dimensions?: Required<Dimension>[] };
      Period: number;
      Stat: string;
    };
  }[];
}

type Operation<Input> = (
  context: { metrics: MetricStore; region: string; now: number },
  input: Input,
) => object;

const operations: Record<string, Operation<ListInput & DataInput>> = {
  ListMetrics: ({ metrics, region, now }, input) => {
    const found = metrics.listed(now).filter((metric) => isWanted(metric, region, input));
    const from = Number(input.NextToken ?? 0);
    const next = from + pageSize;
    return {
      Metrics: found.slice(from, next).map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
      ...(next < found.length && { NextToken: String(next) }),
    };
  },

  GetMetricData: ({ metrics, region }, { StartTime, EndTime, MetricDataQueries }) => {
    if (!(StartTime < EndTime)) throw new InvalidParameter('StartTime must be before EndTime');
    if (MetricDataQueries.length > 500) throw new InvalidParameter('too many queries');
    return {
      Messages: [],
      MetricDataResults: MetricDataQueries.map(({ Id, MetricStat: { Metric, Period, Stat } }) => {
        if (!/^[a-z]\w*$/.test(Id)) throw new InvalidParameter(`the id ${Id}`);
        if (Stat !== 'Sum' || !(Period >= 60) || Period % 60 !== 0) {
          throw new InvalidParameter('only sums over whole minutes are known here');
        }
        const dimensions = Object.fromEntries(
          (Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]),
        );
        const metric = { region, namespace: Metric.Namespace, name: Metric.MetricName, dimensions };
        const sums = new Map<number, number>();
        for (const [minute, value] of metrics.sums(metric)) {
          const slot = Math.floor(minute / Period) * Period;
          if (slot < StartTime || slot >= EndTime) continue;
          sums.set(slot, (sums.get(slot) ?? 0) + value);
        }
        const newestFirst = [...sums].sort(([a], [b]) => b - a);
        return {
          Id,
          Label: Metric.MetricName,
          Timestamps: newestFirst.map(([at]) => at),
          Values: newestFirst.map(([, sum]) => sum),
          StatusCode: 'Complete',
        };
      }),
    };
  },
};

const pageSize = 500;

const isWanted = (
  metric: Metric,
  region: string,
  { Namespace, MetricName, Dimensions = [] }: ListInput,
): boolean =>
  metric.region === region &&
  metric.namespace === (Namespace ?? metric.namespace) &&
  metric.name === (MetricName ?? metric.name) &&
  Dimensions.every(({ Name, Value }) => {
    const own = metric.dimensions[Name];
    return own !== undefined && own === (Value ?? own);
  });

const refusal = (error: string, message = ''): AwsAnswer => json(400, { __type: error, message });

const json = (status: number, body: object): AwsAnswer => ({
  status,
  headers: { 'content-type': contentType },
  body: JSON.stringify(body),
});
