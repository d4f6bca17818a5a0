// The default quotas of one account in one Region, and of one Okta org, as their pages had them on 30 November 2026. Most can be
// raised; a new account may begin below them.

export const quotasAsOf = '2026-11-30';

export interface Quota {
  /** A second, unless it says otherwise. */
  value: number;
  what: string;
  lever: string;
  page: string;
}

export const quotas = {
  ourThrottle: {
    value: 800,
    what: 'our own throttle on proxied calls, below the signatures',
    lever: 'throttles.proxy of the construct, together with the quota of KMS',
    page: 'infra/aws/front/http-front.ts',
  },
  signatures: {
    value: 1_000,
    what: 'KMS signatures of one key family, all keys of the account together',
    lever:
      'Service Quotas; replicas of the key in other Regions, each with a quota of its own; an account for each app',
    page: 'https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html',
  },
  environments: {
    value: 1_000,
    what: 'Lambda environments at once, all functions of the account together',
    lever: 'Service Quotas; faster APIs; reserved concurrency for others',
    page: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html',
  },
  newEnvironments: {
    value: 100,
    what: 'new Lambda environments of one function (1,000 in ten seconds)',
    lever: 'provisioned concurrency before a known rush',
    page: 'https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html',
  },
  apiRequests: {
    value: 10_000,
    what: 'requests of all APIs of the account (2,500 in younger Regions)',
    lever: 'Service Quotas; an account for each app',
    page: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
  },
  newTableReads: {
    value: 12_000,
    what: 'read units of a new table; twice the highest of the last half hour later',
    lever: 'warm throughput, set before the rush',
    page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html',
  },
  newTableWrites: {
    value: 4_000,
    what: 'write units of a new table',
    lever: 'warm throughput, set before the rush',
    page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html',
  },
  tableReads: {
    value: 40_000,
    what: 'read units of one table',
    lever: 'Service Quotas',
    page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
  },
  partitionReads: {
    value: 3_000,
    what: 'read units of one partition, and so of one session',
    lever: 'none is needed: a session has one person',
    page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html',
  },
  firewallRequests: {
    value: 100_000,
    what: 'requests of one web ACL',
    lever: 'Service Quotas',
    page: 'https://docs.aws.amazon.com/waf/latest/developerguide/limits.html',
  },
  edgeRequests: {
    value: 250_000,
    what: 'requests of one CloudFront distribution',
    lever: 'Service Quotas',
    page: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html',
  },
  oktaTokens: {
    value: 1_200 / 60,
    what: 'token requests of one Okta org: 1,200 a minute in the last table that Okta published (workforce orgs 2,000); the org’s rate limit dashboard has yours, and one app may use half of it by default',
    lever:
      'DynamicScale (5 to 1,000 times) or the licence multiplier; longer access tokens; the app’s share in the console',
    page: 'https://developer.okta.com/docs/reference/rl-global-enduser/',
  },
} as const satisfies Record<string, Quota>;

export type QuotaName = keyof typeof quotas;
export type Quotas = Record<QuotaName, number>;

export const defaultQuotas = Object.fromEntries(
  Object.entries(quotas).map(([name, { value }]) => [name, value]),
) as Quotas;
