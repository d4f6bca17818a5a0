// The signatures of a key in CloudWatch: what KMS counted, and what functions reported (the event `signatures.counted`).
// KMS's metrics are announced, but in no reference, so they are looked up: whatever names the key and the operation Sign.
// https://aws.amazon.com/blogs/security/aws-kms-cloudwatch-metrics-help-you-better-track-and-understand-how-your-kms-keys-are-being-used
import { type EventName, metricsNamespace } from '#core/events.ts';
import type { Http } from '#core/http.ts';
import { keyName } from '#core/keys/find-key.ts';
import { type Span, slotSeconds } from '#core/keys/signatures/balance.ts';
import type { Series, SignatureRecords } from '#core/keys/signatures/records.ts';
import { idIn } from '#core/lib/key-arn.ts';
import type { AwsAccess } from './signature.ts';
import { type AwsCall, awsWire } from './wire.ts';

/** AWS's JSON protocol, by our own client. */
export const cloudwatchCalls = (
  http: Http,
  { endpoint, ...access }: AwsAccess & { endpoint: string },
): AwsCall =>
  awsWire(http, access, {
    name: 'monitoring',
    endpoint,
    target: 'GraniteServiceVersion20100801',
    version: '1.0',
    attempts: 3,
    timeoutMs: 10_000,
  });

interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: string }[];
}

/** `regions`: where the keys may sign, and functions run. `callIn` asks CloudWatch there. */
export function signatureRecords(
  regions: readonly string[],
  callIn: (region: string) => AwsCall,
): SignatureRecords {
  return {
    regions,
    async read(id, region, span) {
      const reported = await Promise.all(
        regions.map((place) => reportedIn(callIn(place), keyName(id), region, span)),
      );
      const metrics = await metricsOfKms(callIn(region), idIn(region, id));
      return {
        kms: metrics.length > 0 ? await seriesOf(callIn(region), metrics, span) : undefined,
        signed: reported.flatMap(({ signed }) => signed),
        unanswered: reported.flatMap(({ unanswered }) => unanswered),
      };
    },
  };
}

const counted: EventName = 'signatures.counted';

async function reportedIn(call: AwsCall, key: string, region: string, span: Span) {
  const Dimensions = [
    { Name: 'key', Value: key },
    { Name: 'region', Value: region },
  ];
  const metrics = await listed(call, { Namespace: metricsNamespace, Dimensions });
  const named = (name: string) => metrics.filter(({ MetricName }) => MetricName === name);
  return {
    signed: await seriesOf(call, named(counted), span),
    unanswered: await seriesOf(call, named(`${counted}.unanswered`), span),
  };
}

const namespace = 'AWS/KMS';
/** As announced. */
const keyDimension = 'KeyArn';
const successes = 'SuccessfulRequest';

/** Looks where the announcement says, and otherwise among all metrics of KMS. */
async function metricsOfKms(call: AwsCall, arn: string): Promise<Metric[]> {
  const Dimensions = [{ Name: keyDimension, Value: arn }];
  const there = await listed(call, { Namespace: namespace, Dimensions });
  const some = there.some(isOf(arn)) ? there : await listed(call, { Namespace: namespace });
  const found = some.filter(isOf(arn));
  const names = new Set(found.map(({ MetricName }) => MetricName));
  // Of several, one may count refusals and another all requests.
  return names.size > 1 ? found.filter(({ MetricName }) => MetricName === successes) : found;
}

const isOf =
  (arn: string) =>
  ({ Dimensions }: Metric): boolean => {
    const values = Dimensions.map(({ Value }) => Value);
    const names = [arn, arn.slice(arn.lastIndexOf('/') + 1)];
    return values.includes('Sign') && names.some((name) => values.includes(name));
  };

/** An account with more metrics takes too long. */
const mostPages = 50;

async function listed(call: AwsCall, wanted: object): Promise<Metric[]> {
  const metrics: Metric[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const answer = (await call('ListMetrics', JSON.stringify({ ...wanted, NextToken }))) as {
      Metrics?: Metric[];
      NextToken?: string;
    };
    metrics.push(...(answer.Metrics ?? []));
    NextToken = answer.NextToken;
    if (!NextToken) return metrics;
  }
  throw new TypeError('CloudWatch lists too many metrics');
}

/** The metrics' sums together. */
async function seriesOf(
  call: AwsCall,
  metrics: readonly Metric[],
  { from, to }: Span,
): Promise<Series> {
  if (metrics.length === 0) return [];
  const asked = {
    StartTime: from,
    EndTime: to,
    MetricDataQueries: metrics.map((Metric, at) => ({
      Id: `m${at}`,
      MetricStat: { Metric, Period: slotSeconds, Stat: 'Sum' },
    })),
  };
  const series: [number, number][] = [];
  let NextToken: string | undefined;
  do {
    const answer = (await call('GetMetricData', JSON.stringify({ ...asked, NextToken }))) as {
      MetricDataResults?: { Timestamps: number[]; Values: number[]; StatusCode: string }[];
      NextToken?: string;
    };
    for (const { Timestamps, Values, StatusCode } of answer.MetricDataResults ?? []) {
      if (!usable.has(StatusCode)) throw new TypeError(`CloudWatch answered ${StatusCode}`);
      series.push(...Timestamps.map((at, n): [number, number] => [at, Values[n] ?? 0]));
    }
    NextToken = answer.NextToken;
  } while (NextToken);
  return series;
}

/** PartialData: the rest is on the next page. */
const usable = new Set(['Complete', 'PartialData']);
