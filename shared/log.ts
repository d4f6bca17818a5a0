// Events with stable names. Each is one line, which is both the log line and, in CloudWatch's embedded metric format,
// its metrics: two lines would cost twice as much. Fields are plain, and nothing secret reaches them.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { BrokerError } from '#core/errors.ts';
import type { LogEvent } from '#core/ports.ts';
import { serviceName, xrayTraceId } from './config/environment.ts';

export const metricsNamespace = 'OktaDpopBff';

const logger = new Logger({ serviceName });
const metrics = new Metrics({ namespace: metricsNamespace, serviceName });

/** Each event is counted under its name. The named fields are metrics of their own. */
const measured: Record<string, readonly string[]> = {
  'proxy.completed': [
    'totalMs',
    'storeMs',
    'signerMs',
    'upstreamMs',
    'retries',
    'nonceHit',
    'speculationHit',
  ],
  'keys.dpop.reported': ['ageDays', 'sessions', 'drainingSessions'],
  'keys.assertion.reported': ['ageDays'],
};

const unitOf = (field: string) =>
  field.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count;

/** Events that somebody should look at. */
const warnings = new Set(['login.untrusted', 'refresh.untrusted', 'issuer.keys_unavailable']);

export const logEvent: LogEvent = (name, fields = {}) => {
  const measures = measuresOf(name, fields);
  if (name === 'proxy.completed') {
    process.stdout.write(plainLine(name, fields, measures));
    return;
  }
  for (const [metric, unit, value] of measures) metrics.addMetric(metric, unit, value);
  logger[warnings.has(name) ? 'warn' : 'info'](name, {
    request_id: request,
    ...fields,
    ...counted(),
  });
};

function measuresOf(name: string, fields: Fields): Measure[] {
  const measures: Measure[] = [[name, MetricUnit.Count, 1]];
  if (typeof fields.status === 'number') {
    measures.push([`${name}.${Math.floor(fields.status / 100)}xx`, MetricUnit.Count, 1]);
  }
  for (const field of measured[name] ?? []) {
    const value = fields[field];
    if (value !== undefined && typeof value !== 'string') {
      measures.push([`${name}.${field}`, unitOf(field), Number(value)]);
    }
  }
  return measures;
}

type Fields = NonNullable<Parameters<LogEvent>[1]>;
type Measure = [name: string, unit: ReturnType<typeof unitOf>, value: number];

/** The line that Powertools would write for the one event of every call, at a tenth of its CPU. */
function plainLine(message: string, fields: Fields, measures: readonly Measure[]): string {
  const now = new Date();
  const line = JSON.stringify({
    level: 'INFO',
    message,
    timestamp: now.toISOString(),
    service: serviceName,
    sampling_rate: 0,
    xray_trace_id: xrayTraceId(),
    request_id: request,
    ...fields,
  });
  const embedded = `"_aws":{"Timestamp":${now.getTime()},"CloudWatchMetrics":[${directiveOf(measures)}]}`;
  const values = measures.map(([name, , value]) => `"${name}":${value}`).join();
  return `${line.slice(0, -1)},${embedded},${values}}\n`;
}

const directives = new Map<string, string>();

/** Built once per set of names. The names are ours, and few. */
function directiveOf(measures: readonly Measure[]): string {
  const names = measures.map(([name]) => name).join();
  let directive = directives.get(names);
  if (directive === undefined) {
    directive = JSON.stringify({
      Namespace: metricsNamespace,
      Dimensions: [['service']],
      Metrics: measures.map(([Name, Unit]) => ({ Name, Unit })),
    });
    directives.set(names, directive);
  }
  return directive;
}

/** What was added to the metrics since the last line. */
function counted() {
  const { service, ...embedded } = metrics.serializeMetrics();
  metrics.clearMetrics();
  return embedded;
}

/** Logs a failure once, where it is answered: the code, our own sentence, and the name of the cause. */
export function logFailure(fault: unknown): void {
  const known = fault instanceof BrokerError;
  const code = known ? fault.code : 'internal';
  const expected = known && !['internal', 'signer_unavailable', 'store_unavailable'].includes(code);
  const cause = known && fault.cause instanceof Error ? fault.cause.name : undefined;
  metrics.addMetric(`failed.${code}`, MetricUnit.Count, 1);
  logger[expected ? 'warn' : 'error']('request.failed', {
    request_id: request,
    code,
    ...(known
      ? { reason: fault.message }
      : { error: fault instanceof Error ? fault.name : typeof fault }),
    ...(cause && { cause }),
    // Our own frames only: the message of a foreign error may quote its input.
    ...(!known && fault instanceof Error && { at: framesOf(fault) }),
    ...counted(),
  });
}

/** A message may have many lines, and each may quote something. */
function framesOf({ stack = '', message }: Error): string[] {
  const after = stack.indexOf(message) + message.length;
  const frames = stack.slice(after).split('\n');
  return frames.filter((line) => /^ {4}at /.test(line)).slice(0, 5);
}

let request: string | undefined;

/** Every line of a request carries its id, which is also in the answer. */
export function startLog(requestId: string): void {
  request = requestId;
}
