// Events with stable names, as log lines and as metrics. Fields are plain; nothing secret gets this far.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { BrokerError } from '#core/errors.ts';
import type { LogEvent } from '#core/ports.ts';
import { serviceName } from './config.ts';

export const metricsNamespace = 'OktaDpopBff';

const logger = new Logger({ serviceName });
const metrics = new Metrics({ namespace: metricsNamespace, serviceName });

/** Each event counts under its name; the named fields are metrics of their own. */
const measured: Record<string, readonly string[]> = {
  'proxy.completed': ['totalMs', 'storeMs', 'signerMs', 'upstreamMs'],
  'keys.dpop.reported': ['ageDays', 'sessions', 'drainingSessions'],
  'keys.assertion.reported': ['ageDays'],
};

const unitOf = (field: string) =>
  field.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count;

export const logEvent: LogEvent = (name, fields = {}) => {
  logger.info(name, fields);
  metrics.addMetric(name, MetricUnit.Count, 1);
  if (typeof fields.status === 'number') {
    metrics.addMetric(`${name}.${Math.floor(fields.status / 100)}xx`, MetricUnit.Count, 1);
  }
  for (const field of measured[name] ?? []) {
    const value = fields[field];
    if (typeof value === 'number') metrics.addMetric(`${name}.${field}`, unitOf(field), value);
  }
};

/** A failure, once, where it is answered: the code and our own sentence, and what caused it by name. */
export function logFailure(fault: unknown): void {
  const known = fault instanceof BrokerError;
  const code = known ? fault.code : 'internal';
  const expected = known && !['internal', 'signer_unavailable', 'store_unavailable'].includes(code);
  const cause = known && fault.cause instanceof Error ? fault.cause.name : undefined;
  logger[expected ? 'warn' : 'error']('request.failed', {
    code,
    ...(known
      ? { reason: fault.message }
      : { error: fault instanceof Error ? fault.name : typeof fault }),
    ...(cause && { cause }),
    // Our own frames only: a message of somebody else's error may quote what it was given.
    ...(!known && fault instanceof Error && { at: framesOf(fault) }),
  });
  metrics.addMetric(`failed.${code}`, MetricUnit.Count, 1);
}

/** A message may have many lines, and quote in each. */
function framesOf({ stack = '', message }: Error): string[] {
  const after = stack.indexOf(message) + message.length;
  const frames = stack.slice(after).split('\n');
  return frames.filter((line) => /^ {4}at /.test(line)).slice(0, 5);
}

/** Every line of a request carries its id, which is in the answer as well. */
export function startLog(requestId: string): void {
  logger.resetKeys();
  logger.appendKeys({ request_id: requestId });
}

export function flush(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
