// Writes the events of the catalogue (core/events.ts). Each is one line, which is both the log line and, in CloudWatch's
// embedded metric format, its metrics: two lines would cost twice as much.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { BrokerError, type ErrorCode } from '#core/errors.ts';
import {
  type EventFields,
  type EventName,
  events,
  type LogEvent,
  metricsNamespace,
} from '#core/events.ts';
import { errorName, plain } from '#core/lib/plain.ts';
import { serviceName, xrayTraceId } from './config/environment.ts';
import { type Fields, lineOf, listed, measuresOf } from './event-line.ts';

const logger = new Logger({ serviceName });
const metrics = new Metrics({ namespace: metricsNamespace, serviceName });

/** Every line of a request carries its id, which is also in the answer. */
export const logOf =
  (requestId?: string): LogEvent =>
  (name: Parameters<LogEvent>[0], fields: Fields = {}) => {
    if (ofEveryCall.has(name)) writePlainly(name, fields, requestId);
    else write(events[name].level, name, fields, requestId);
  };

/** For what concerns an environment, not a request. */
export const logEvent: LogEvent = logOf();

/** Powertools takes twenty times the CPU, and drops what is below its level: a sum of signatures must be whole. */
const ofEveryCall: ReadonlySet<EventName> = new Set([
  'proxy.completed',
  'api.accepted',
  'signatures.counted',
] as const);

/** For the events of every call. */
function writePlainly(message: EventName, fields: Fields, requestId: string | undefined): void {
  const now = new Date();
  const head = {
    level: 'INFO',
    message,
    timestamp: now.toISOString(),
    service: serviceName,
    sampling_rate: 0,
    xray_trace_id: xrayTraceId(),
    request_id: requestId,
  };
  process.stdout.write(lineOf(head, now.getTime(), message, fields));
}

function write(
  level: 'info' | 'warn' | 'error',
  name: EventName,
  fields: Fields,
  requestId: string | undefined,
): void {
  for (const [metric, unit, value] of measuresOf(name, fields)) {
    metrics.addMetric(metric, unit, value);
  }
  const { service: _same, ...embedded } = metrics.serializeMetrics();
  metrics.clearMetrics();
  logger[level](name, { request_id: requestId, ...listed(name, fields), ...embedded });
}

/** Logs a failure once, where it is answered: the code, our own sentence, and the name of the cause. */
export function logFailure(fault: unknown, requestId?: string): void {
  const known = fault instanceof BrokerError ? fault : undefined;
  const fields: EventFields<'request.failed'> = known
    ? {
        code: known.code,
        reason: plain(known.message),
        ...(known.cause instanceof Error && { cause: errorName(known.cause) }),
      }
    : {
        code: 'internal',
        error: errorName(fault),
        // Our own frames only: the message of a foreign error may quote its input.
        ...(fault instanceof Error && { at: framesOf(fault) }),
      };
  write(brokersOwn.includes(fields.code) ? 'error' : 'warn', 'request.failed', fields, requestId);
}

/** Failures that no client causes. */
const brokersOwn: readonly ErrorCode[] = ['internal', 'signer_unavailable', 'store_unavailable'];

/** A message may have many lines, and each may quote something. */
function framesOf({ stack = '', message }: Error): string[] {
  const after = stack.indexOf(message) + message.length;
  const frames = stack.slice(after).split('\n');
  return frames.filter((line) => /^ {4}at /.test(line)).slice(0, 5);
}
