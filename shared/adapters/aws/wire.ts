// A lean client for AWS: its JSON protocol, signed (signature.ts), over our own HTTP client. The SDK's clients cost
// four times the CPU and 450 kB of code (docs/decisions.md).
import { setTimeout as wait } from 'node:timers/promises';
import { type Http, HttpFailure, type HttpFault, type Incoming } from '#core/http.ts';
import { mostBytes, waitsMs } from '#core/limits.ts';
import { type AwsAccess, awsSignature } from './signature.ts';

export interface AwsService {
  /** As in the scope of credentials: kms, dynamodb. */
  name: string;
  endpoint: string;
  /** The prefix of X-Amz-Target: TrentService, DynamoDB_20120810. */
  target: string;
  /** The version in application/x-amz-json. */
  version: '1.0' | '1.1';
  attempts: number;
  timeoutMs?: number;
}

/** Calls one operation. `body` is JSON, and so is the answer. */
export type AwsCall = (operation: string, body: string, onSend?: OnSend) => Promise<unknown>;

/** Called for each request that is sent, repeats included. What it returns is told of its failure, or of its answer. */
export type OnSend = () => (fault?: unknown) => void;

/** Has AWS's own name (ThrottlingException) and the number of requests that were sent, like the SDK's errors. */
export class AwsFailure extends Error {
  readonly status: number;
  readonly $metadata = { attempts: 1 };

  constructor(name: string, status: number) {
    super(`AWS answered ${status}`);
    this.name = name;
    this.status = status;
  }
}

export function awsWire(http: Http, access: AwsAccess, service: AwsService): AwsCall {
  const { origin, host, pathname: path } = new URL(service.endpoint);
  const signed = awsSignature(access, { name: service.name, host, path });
  const contentType = `application/x-amz-json-${service.version}`;
  const timeoutMs = service.timeoutMs ?? waitsMs.aws;

  // Each attempt has a new signature, because a signature includes its time.
  const send = (operation: string, body: string): Promise<Incoming> =>
    http.send({
      origin,
      method: 'POST',
      path,
      headers: signed(
        { 'content-type': contentType, 'x-amz-target': `${service.target}.${operation}` },
        body,
      ),
      body: Buffer.from(body),
      timeoutMs,
      maxBytes: mostBytes.awsAnswer,
    });

  return async (operation, body, onSend) => {
    for (let retries = 0; ; retries += 1) {
      const over = onSend?.();
      try {
        const answer = judge(await send(operation, body));
        over?.();
        return answer;
      } catch (failure) {
        over?.(failure);
        if (failure instanceof AwsFailure) failure.$metadata.attempts = retries + 1;
        const pause = retries + 1 < service.attempts ? pauseMs(failure, retries) : undefined;
        if (pause === undefined) throw failure;
        if (pause > 0) await wait(pause);
      }
    }
  };
}

function judge({ status, body }: Incoming): unknown {
  const answer = parsed(body);
  if (status === 200 && answer !== undefined) return answer;
  const { __type: type } = (answer ?? {}) as { __type?: unknown };
  const name = typeof type === 'string' ? /^(?:.*#)?(\w+)/.exec(type)?.[1] : undefined;
  throw new AwsFailure(name ?? 'UnknownError', status);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/**
 * Every call may be repeated: at once when a connection died before the whole answer was there, because it was kept
 * alive too long or frozen; after a moment when AWS is unreachable, throttles or fails. Nothing else is repeated.
 */
function pauseMs(failure: unknown, retries: number): number | undefined {
  if (failure instanceof HttpFailure && died.has(failure.fault) && retries === 0) return 0;
  return isPassing(failure) ? (20 + Math.random() * 80) * 2 ** retries : undefined;
}

function isPassing(failure: unknown): boolean {
  if (failure instanceof HttpFailure) return died.has(failure.fault) || failure.fault === 'refused';
  return failure instanceof AwsFailure && (failure.status >= 500 || throttles.has(failure.name));
}

const died = new Set<HttpFault>(['broken', 'cut']);

const throttles = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
]);
