// A month's operations times their prices.
import type { Case, Month } from './month.ts';
import { assumed, monthOf } from './month.ts';
import type { Prices } from './prices.ts';

export interface Line {
  service: string;
  what: string;
  /** For people. */
  amount: string;
  usd: number;
  /** Costs the same in a month without a call. */
  standing?: true;
}

export function billOf(given: Case, prices: Prices): Line[] {
  return [...byUse(given, monthOf(given), prices), ...standing(given, prices)];
}

export const sumOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { usd }) => sum + usd, 0);

function byUse({ alg, fixed }: Case, month: Month, prices: Prices): Line[] {
  const million = 1e6;
  const restRequests = month.restRequests;
  const httpRequests = month.requests - restRequests;
  const logs = month.gigabytesOfLogs;
  const edgeLogs = month.gigabytesOfEdgeLogs;
  const line = (service: string, what: string, amount: string, usd: number): Line => ({
    service,
    what,
    amount,
    usd,
  });
  return [
    line(
      'KMS',
      `proofs, ${alg}`,
      count(month.proofs),
      (month.proofs / million) * prices[`millionSignatures${alg}`],
    ),
    line(
      'KMS',
      'client assertions, ES256, and public keys',
      count(month.assertions + month.otherKeyRequests),
      ((month.assertions + month.otherKeyRequests) / million) * prices.millionSignaturesES256,
    ),
    line(
      'DynamoDB',
      'read units',
      count(month.readUnits),
      (month.readUnits / million) * prices.millionReadUnits,
    ),
    line(
      'DynamoDB',
      'write units',
      count(month.writeUnits),
      (month.writeUnits / million) * prices.millionWriteUnits,
    ),
    line(
      'Lambda',
      'time, 512 MB on arm64',
      `${count(month.gigabyteSeconds)} GB-s`,
      month.gigabyteSeconds * prices.lambdaGigabyteSecond,
    ),
    line(
      'Lambda',
      'invocations',
      count(month.invocations),
      (month.invocations / million) * prices.millionInvocations,
    ),
    line(
      'API Gateway',
      'HTTP API',
      count(httpRequests),
      (httpRequests / million) * prices.millionHttpApiCalls,
    ),
    line(
      'API Gateway',
      'REST API',
      count(restRequests),
      (restRequests / million) * prices.millionRestApiCalls,
    ),
    line(
      'CloudFront',
      'requests, with one function each',
      count(month.requests),
      (month.requests / million) * (prices.millionEdgeRequests + prices.millionEdgeFunctions),
    ),
    line(
      'CloudFront',
      'to browsers and to the API',
      size(month.gigabytesToBrowsers + month.gigabytesToOrigin),
      month.gigabytesToBrowsers * prices.gigabyteToBrowsers +
        month.gigabytesToOrigin * prices.gigabyteToOrigin,
    ),
    line(
      'Transfer',
      'to the APIs',
      size(month.gigabytesUpstream),
      month.gigabytesUpstream * prices.gigabyteOut,
    ),
    line('CloudWatch', 'logs of functions and API', size(logs), logs * prices.gigabyteOfLogs),
    line(
      'CloudWatch',
      'access logs of CloudFront',
      size(edgeLogs),
      edgeLogs * prices.gigabyteOfEdgeLogs,
    ),
    line(
      'CloudWatch',
      'logs kept, compressed',
      size(month.gigabytesKept),
      month.gigabytesKept * prices.gigabyteOfLogsKept,
    ),
    ...(fixed.firewalls > 0
      ? [
          line(
            'WAF',
            'requests',
            count(month.requests),
            (month.requests / million) * prices.millionFirewallRequests,
          ),
        ]
      : []),
    line('X-Ray', 'traces', count(month.traces), (month.traces / million) * prices.millionTraces),
  ].filter(({ usd }) => usd > 0);
}

function standing(given: Case, prices: Prices): Line[] {
  const { fixed } = given;
  const metrics = given.metrics + fixed.filterMetrics;
  const metricsRead = fixed.keys * assumed.metricRequestsPerKey * 24 * assumed.daysOfMonth;
  const line = (service: string, what: string, amount: number, usd: number): Line => ({
    service,
    what,
    amount: count(amount),
    usd,
    standing: true,
  });
  return [
    line(
      'WAF',
      'the ACL and its rules',
      fixed.firewalls + fixed.firewallRules,
      fixed.firewalls * prices.firewall + fixed.firewallRules * prices.firewallRule,
    ),
    line('CloudWatch', 'metrics of the broker', metrics, metrics * prices.metric),
    line(
      'CloudWatch',
      'metrics of alarms',
      fixed.alarmMetrics,
      fixed.alarmMetrics * prices.alarmMetric,
    ),
    line(
      'CloudWatch',
      'metrics read, to compare signatures',
      metricsRead,
      (metricsRead / 1000) * prices.thousandMetricRequests,
    ),
    line('CloudWatch', 'dashboard', fixed.dashboards, fixed.dashboards * prices.dashboard),
    line('KMS', 'keys', fixed.keys, fixed.keys * prices.key),
    line('Secrets Manager', 'secret of the origin', fixed.secrets, fixed.secrets * prices.secret),
  ].filter(({ usd }) => usd > 0);
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const size = (gigabytes: number): string => `${gigabytes.toFixed(gigabytes < 10 ? 1 : 0)} GB`;
