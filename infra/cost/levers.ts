// What would change the bill, each alone, and by how much.
import { billOf, sumOf } from './bill.ts';
import { type Case, keySpecs } from './month.ts';
import type { Prices } from './prices.ts';

export interface Lever {
  name: string;
  /** What it takes, or takes away. */
  but: string;
  /** Dollars a month. Below zero: it costs more. */
  saves: number;
}

interface Change {
  name: string;
  but: string;
  applies: (given: Case) => boolean;
  change: (given: Case) => Case;
}

/** `other`: the same case, measured with a key of the other family. */
export const leversOf = (given: Case, prices: Prices, other: Case): Lever[] =>
  changes(given, other)
    .filter(({ applies }) => applies(given))
    .map(({ name, but, change }) => ({
      name,
      but,
      saves: sumOf(billOf(given, prices)) - sumOf(billOf(change(given), prices)),
    }))
    .sort((a, b) => b.saves - a.saves);

const changes = (given: Case, other: Case): Change[] => [
  {
    name: `dpop.keySpec ${keySpecs[other.alg]}`,
    but: `${other.alg}: ${bytesApart(given, other)} bytes ${other.alg === 'RS256' ? 'more' : 'less'} in each request to an API`,
    applies: () => true,
    change: () => other,
  },
  {
    name: 'deployment.tracing false',
    but: 'no X-Ray; the log still has a trace id for each call',
    applies: ({ tracing }) => tracing,
    change: (one) => ({ ...one, tracing: false }),
  },
  {
    name: 'deployment.logDays 14',
    but: 'what happened before cannot be looked up',
    applies: ({ fixed }) => fixed.logDays > 14,
    change: (one) => ({ ...one, fixed: { ...one.fixed, logDays: 14 } }),
  },
  {
    name: 'deployment.accessLogs false',
    but: 'CloudFront logs nothing: an attack is seen in metrics only',
    applies: ({ fixed }) => fixed.edgeLogBytes > 0,
    change: (one) => ({ ...one, fixed: { ...one.fixed, edgeLogBytes: 0 } }),
  },
  {
    name: 'deployment.alarms false',
    but: 'nobody hears of anything: better not',
    applies: ({ fixed }) => fixed.alarmMetrics > 0,
    change: (one) => ({ ...one, fixed: { ...one.fixed, alarmMetrics: 0 } }),
  },
  {
    name: 'deployment.firewall false',
    but: 'only API Gateway’s throttle is left: better not',
    applies: ({ fixed }) => fixed.firewalls > 0,
    change: (one) => ({ ...one, fixed: { ...one.fixed, firewalls: 0, firewallRules: 0 } }),
  },
  {
    name: 'streaming: every call by REST',
    but: 'only routes whose answers stream need it; the others have "stream": false',
    applies: ({ front }) => front === 'http',
    change: (one) => ({ ...one, front: 'rest' }),
  },
  {
    name: 'no call by REST',
    but: 'nothing streams',
    applies: ({ front }) => front === 'rest',
    change: (one) => ({ ...one, front: 'http' }),
  },
  {
    name: 'not offered: log one call in ten',
    but: 'the line is the metrics, too: alarms would see a tenth',
    applies: () => true,
    change: (one) => ({ ...one, logShare: 0.1 }),
  },
  {
    name: 'not offered: no line unless a call fails',
    but: 'as log level WARN would do: no counts, no latencies, no audit',
    applies: () => true,
    change: (one) => ({ ...one, logShare: 0, metrics: 0 }),
  },
];

const bytesApart = (given: Case, other: Case) =>
  Math.round(Math.abs(other.measured.call.bytesUpstream - given.measured.call.bytesUpstream));
