// The list prices, in US dollars: the first tier of each, without free tiers, savings plans or tax. Each stands beside the
// day on which AWS's public price list, or the service's page, showed it; we read them in public records that quote the
// list, since July 2026. `npm run cost -- --prices` prints where anybody can look each of them up. A price without a day
// is from memory: the command names it wherever it is used.

/** The name of a service's list, and its page for people. */
const pages = {
  awskms: 'https://aws.amazon.com/kms/pricing/',
  AmazonDynamoDB: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  AWSLambda: 'https://aws.amazon.com/lambda/pricing/',
  AmazonApiGateway: 'https://aws.amazon.com/api-gateway/pricing/',
  AmazonCloudFront: 'https://aws.amazon.com/cloudfront/pricing/pay-as-you-go/',
  awswaf: 'https://aws.amazon.com/waf/pricing/',
  AmazonCloudWatch: 'https://aws.amazon.com/cloudwatch/pricing/',
  AWSXRay: 'https://aws.amazon.com/xray/pricing/',
  AWSSecretsManager: 'https://aws.amazon.com/secrets-manager/pricing/',
  AWSDataTransfer: 'https://aws.amazon.com/ec2/pricing/on-demand/',
} as const;

type List = keyof typeof pages;
type Price = readonly [usd: number, day?: string];

/** The same in every Region that we list. */
const everywhere = {
  key: ['awskms', 1, '2026-09-23'],
  millionSignaturesES256: ['awskms', 15, '2026-11-30'],
  millionSignaturesRS256: ['awskms', 3, '2026-11-30'],
  /** On arm64. */
  lambdaGigabyteSecond: ['AWSLambda', 0.0000133334, '2026-10-02'],
  millionInvocations: ['AWSLambda', 0.2, '2026-10-02'],
  millionEdgeFunctions: ['AmazonCloudFront', 0.1, '2026-10-06'],
  firewall: ['awswaf', 5, '2026-09-23'],
  firewallRule: ['awswaf', 1, '2026-09-23'],
  millionFirewallRequests: ['awswaf', 0.6, '2026-09-23'],
  metric: ['AmazonCloudWatch', 0.3, '2026-10-04'],
  alarmMetric: ['AmazonCloudWatch', 0.1, '2026-10-04'],
  dashboard: ['AmazonCloudWatch', 3, '2026-11-30'],
  /** ListMetrics, and each metric of GetMetricData. */
  thousandMetricRequests: ['AmazonCloudWatch', 0.01],
  millionTraces: ['AWSXRay', 5, '2026-11-30'],
  secret: ['AWSSecretsManager', 0.4, '2026-10-04'],
  /** CloudFront's access logs are delivered in us-east-1, whatever the broker's Region. */
  gigabyteOfEdgeLogs: ['AmazonCloudWatch', 0.5, '2026-11-30'],
} as const satisfies Record<string, readonly [List, ...Price]>;

/** The list of each price that depends on the Region, and its usage type there, without the prefix of the Region. */
const regional = {
  /** A strongly consistent read of up to 4 KB is one unit. */
  millionReadUnits: ['AmazonDynamoDB', 'ReadRequestUnits'],
  millionWriteUnits: ['AmazonDynamoDB', 'WriteRequestUnits'],
  millionHttpApiCalls: ['AmazonApiGateway', 'ApiGatewayHttpRequest'],
  millionRestApiCalls: ['AmazonApiGateway', 'ApiGatewayRequest'],
  gigabyteOfLogs: ['AmazonCloudWatch', 'DataProcessing-Bytes'],
  /** A month, as it is kept: compressed. */
  gigabyteOfLogsKept: ['AmazonCloudWatch', 'TimedStorage-ByteHrs'],
  /** To the Internet: what the broker sends to the APIs. */
  gigabyteOut: ['AWSDataTransfer', 'DataTransfer-Out-Bytes'],
  /** HTTPS requests of browsers in this part of the world. */
  millionEdgeRequests: ['AmazonCloudFront', 'Requests-Tier2-HTTPS'],
  gigabyteToBrowsers: ['AmazonCloudFront', 'DataTransfer-Out-Bytes'],
  gigabyteToOrigin: ['AmazonCloudFront', 'DataTransfer-Out-OBytes'],
} as const satisfies Record<string, readonly [List, usage: string]>;

type RegionalName = keyof typeof regional;

const edge = {
  /** The United States, Mexico and Canada. */
  america: {
    millionEdgeRequests: [1, '2026-10-01'],
    gigabyteToBrowsers: [0.085, '2026-10-01'],
    gigabyteToOrigin: [0.02],
  },
  europe: {
    millionEdgeRequests: [1.2, '2026-10-06'],
    gigabyteToBrowsers: [0.085, '2026-10-06'],
    gigabyteToOrigin: [0.02, '2026-10-06'],
  },
  japan: {
    millionEdgeRequests: [1.2, '2026-09-21'],
    gigabyteToBrowsers: [0.114, '2026-09-21'],
    gigabyteToOrigin: [0.06, '2026-09-21'],
  },
} as const;

const regions = {
  'us-east-1': {
    millionReadUnits: [0.125, '2026-11-30'],
    millionWriteUnits: [0.625, '2026-11-30'],
    millionHttpApiCalls: [1, '2026-11-30'],
    millionRestApiCalls: [3.5, '2026-11-30'],
    gigabyteOfLogs: [0.5, '2026-11-30'],
    gigabyteOfLogsKept: [0.03, '2026-11-30'],
    gigabyteOut: [0.09, '2026-11-30'],
    ...edge.america,
  },
  'us-west-2': {
    millionReadUnits: [0.125, '2026-08-08'],
    millionWriteUnits: [0.625, '2026-08-08'],
    millionHttpApiCalls: [1, '2026-08-08'],
    millionRestApiCalls: [3.5],
    gigabyteOfLogs: [0.5, '2026-08-08'],
    gigabyteOfLogsKept: [0.03, '2026-08-08'],
    gigabyteOut: [0.09],
    ...edge.america,
  },
  'eu-central-1': {
    millionReadUnits: [0.1525, '2026-09-21'],
    millionWriteUnits: [0.7625, '2026-09-21'],
    millionHttpApiCalls: [1.2, '2026-09-21'],
    millionRestApiCalls: [3.7, '2026-08-12'],
    gigabyteOfLogs: [0.63, '2026-09-11'],
    gigabyteOfLogsKept: [0.0324, '2026-09-11'],
    gigabyteOut: [0.09, '2026-08-16'],
    ...edge.europe,
  },
  'eu-west-1': {
    millionReadUnits: [0.1415, '2026-10-04'],
    millionWriteUnits: [0.705, '2026-10-04'],
    millionHttpApiCalls: [1.11, '2026-10-04'],
    millionRestApiCalls: [3.5, '2026-10-02'],
    gigabyteOfLogs: [0.57, '2026-10-04'],
    gigabyteOfLogsKept: [0.03, '2026-10-04'],
    gigabyteOut: [0.09, '2026-10-04'],
    ...edge.europe,
  },
  'ap-northeast-1': {
    millionReadUnits: [0.1425, '2026-09-23'],
    millionWriteUnits: [0.715, '2026-09-23'],
    millionHttpApiCalls: [1.29, '2026-09-23'],
    millionRestApiCalls: [4.25, '2026-09-05'],
    gigabyteOfLogs: [0.76, '2026-09-23'],
    gigabyteOfLogsKept: [0.033, '2026-09-21'],
    gigabyteOut: [0.114, '2026-09-23'],
    ...edge.japan,
  },
} as const satisfies Record<string, Record<RegionalName, Price>>;

export type PricedRegion = keyof typeof regions;
export type Prices = Record<keyof typeof everywhere | RegionalName, number>;
export const pricedRegions = Object.keys(regions) as PricedRegion[];

export const isPriced = (region: string): region is PricedRegion => Object.hasOwn(regions, region);

export interface ListedPrice {
  name: keyof Prices;
  usd: number;
  /** When the list showed it; absent when it is from memory. */
  day?: string | undefined;
  /** The end of its usage type in the list. */
  usage?: string;
  addresses: string[];
}

export const listedIn = (region: PricedRegion): ListedPrice[] => [
  ...entries(everywhere).map(([name, [list, usd, day]]) => ({
    ...{ name, usd, day },
    addresses: [pages[list]],
  })),
  ...entries(regional).map(([name, [list, usage]]) => {
    const [usd, day]: Price = regions[region][name];
    return { name, usd, day, usage, addresses: [listAt(list, region), pages[list]] };
  }),
];

/** CloudFront has one list for all Regions. */
const listAt = (list: List, region: PricedRegion): string =>
  `https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/${list}/current/` +
  (list === 'AmazonCloudFront' ? 'index.json' : `${region}/index.json`);

export const pricesIn = (region: PricedRegion): Prices =>
  Object.fromEntries(listedIn(region).map(({ name, usd }) => [name, usd])) as Prices;

const entries = <Key extends string, Value>(record: Record<Key, Value>) =>
  Object.entries(record) as [Key, Value][];
