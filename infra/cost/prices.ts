// The list prices, in US dollars, as of 30 November 2026: the first tier of each, without free tiers, savings plans or tax.
// Anybody can check them without an account, at
//   https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/<service>/current/<Region>/index.json
// with the services below, or on the page of each. Ours were read from copies of those pages; a price that no copy
// showed for its Region is in `unchecked`, and the command names it.

export const pricesAsOf = '2026-11-30';

/** The service in the price list, and its page. */
export const pricePages = {
  AWSKMS: 'https://aws.amazon.com/kms/pricing/',
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

/** The same in every Region that we list. */
const everywhere = {
  key: 1,
  /** A million signatures; other requests for a key cost the same. */
  signatures: { ES256: 15, RS256: 3 },
  /** On arm64. */
  lambdaGigabyteSecond: 0.0000133334,
  millionInvocations: 0.2,
  millionEdgeFunctions: 0.1,
  firewall: 5,
  firewallRule: 1,
  millionFirewallRequests: 0.6,
  metric: 0.3,
  alarmMetric: 0.1,
  dashboard: 3,
  millionTraces: 5,
  secret: 0.4,
  /** CloudFront's access logs are delivered in us-east-1, whatever the broker's Region. */
  gigabyteOfEdgeLogs: 0.5,
};

export interface RegionalPrices {
  /** A strongly consistent read of up to 4 KB is one unit. */
  millionReadUnits: number;
  millionWriteUnits: number;
  millionHttpApiCalls: number;
  millionRestApiCalls: number;
  gigabyteOfLogs: number;
  /** A month, as it is kept: compressed. */
  gigabyteOfLogsKept: number;
  /** To the Internet: what the broker sends to the APIs. */
  gigabyteOut: number;
  /** HTTPS requests of browsers in this part of the world. */
  millionEdgeRequests: number;
  gigabyteToBrowsers: number;
  gigabyteToOrigin: number;
}

export type Prices = typeof everywhere & RegionalPrices;

const regions = {
  'us-east-1': {
    millionReadUnits: 0.125,
    millionWriteUnits: 0.625,
    millionHttpApiCalls: 1,
    millionRestApiCalls: 3.5,
    gigabyteOfLogs: 0.5,
    gigabyteOfLogsKept: 0.03,
    gigabyteOut: 0.09,
    millionEdgeRequests: 1,
    gigabyteToBrowsers: 0.085,
    gigabyteToOrigin: 0.02,
  },
  'eu-central-1': {
    millionReadUnits: 0.1525,
    millionWriteUnits: 0.7625,
    millionHttpApiCalls: 1.2,
    millionRestApiCalls: 3.7,
    gigabyteOfLogs: 0.63,
    gigabyteOfLogsKept: 0.0324,
    gigabyteOut: 0.09,
    millionEdgeRequests: 1.2,
    gigabyteToBrowsers: 0.085,
    gigabyteToOrigin: 0.02,
  },
  'eu-west-1': {
    millionReadUnits: 0.1415,
    millionWriteUnits: 0.7065,
    millionHttpApiCalls: 1.11,
    millionRestApiCalls: 3.5,
    gigabyteOfLogs: 0.57,
    gigabyteOfLogsKept: 0.03,
    gigabyteOut: 0.09,
    millionEdgeRequests: 1.2,
    gigabyteToBrowsers: 0.085,
    gigabyteToOrigin: 0.02,
  },
  'ap-northeast-1': {
    millionReadUnits: 0.1425,
    millionWriteUnits: 0.715,
    millionHttpApiCalls: 1.29,
    millionRestApiCalls: 4.25,
    gigabyteOfLogs: 0.76,
    gigabyteOfLogsKept: 0.033,
    gigabyteOut: 0.114,
    millionEdgeRequests: 1.2,
    gigabyteToBrowsers: 0.114,
    gigabyteToOrigin: 0.06,
  },
} satisfies Record<string, RegionalPrices>;

export type PricedRegion = keyof typeof regions;
export const pricedRegions = Object.keys(regions) as PricedRegion[];

type Regional = readonly (keyof RegionalPrices)[];
const tableAndApis: Regional = [
  'millionReadUnits',
  'millionWriteUnits',
  'millionHttpApiCalls',
  'millionRestApiCalls',
];
const edgeAndOut: Regional = ['millionEdgeRequests', 'gigabyteToOrigin', 'gigabyteOut'];

/** Known from earlier readings of the pages, and found in no copy of them on the day above. */
export const unchecked: Record<PricedRegion, Regional> = {
  'us-east-1': edgeAndOut.slice(0, 2),
  'eu-central-1': [...tableAndApis, ...edgeAndOut, 'gigabyteOfLogs', 'gigabyteOfLogsKept'],
  'eu-west-1': [...tableAndApis, ...edgeAndOut, 'gigabyteOfLogs', 'gigabyteOfLogsKept'],
  'ap-northeast-1': [...tableAndApis, ...edgeAndOut],
};

export const isPriced = (region: string): region is PricedRegion => Object.hasOwn(regions, region);

export const pricesIn = (region: PricedRegion): Prices => ({ ...everywhere, ...regions[region] });
