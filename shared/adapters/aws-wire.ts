// A lean way to AWS: its JSON protocol, signed by aws4 (SigV4), over our own HTTP client. The SDK's clients cost
// four times the CPU and 450 kB of code (README, Decisions).
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import aws4 from 'aws4';
import { type Http, HttpFailure, type Incoming, type Outgoing } from '../core/http.ts';

export interface AwsAccess {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

export interface AwsService {
  /** As in credentials' scopes: kms, dynamodb. */
  name: string;
  endpoint: string;
  /** Of X-Amz-Target: TrentService, DynamoDB_20120810. */
  target: string;
  /** Of application/x-amz-json. */
  version: '1.0' | '1.1';
  attempts: number;
  /** Calls take milliseconds; a request has 30 seconds for all that it does. */
  timeoutMs?: number;
}

/** One operation; `body` is JSON, so is what comes back. */
export type AwsCall = (operation: string, body: string) => Promise<unknown>;

/** Named as AWS names it (ThrottlingException), as the SDK's errors are. */
export class AwsFailure extends Error {
  readonly status: number;

  constructor(name: string, status: number) {
    super(`AWS answered ${status}`);
    this.name = name;
    this.status = status;
  }
}

// A query answers with 1 MB of data at a time, which is more as JSON.
const maxBytes = 8_388_608;

export function awsWire(http: Http, access: AwsAccess, service: AwsService): AwsCall {
  const { origin, host, pathname: path } = new URL(service.endpoint);
  const { region, credentials } = access;
  const { sessionToken, secretAccessKey } = credentials;
  const keyOf = signingKeys(secretAccessKey, region, service.name);
  const timeoutMs = service.timeoutMs ?? 3_000;

  // Signed for each attempt: a signature is of its time.
  const send = (operation: string, body: string): Promise<Incoming> => {
    const date = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '');
    const headers = {
      host,
      'content-type': `application/x-amz-json-${service.version}`,
      'x-amz-date': date,
      'x-amz-target': `${service.target}.${operation}`,
      ...(sessionToken && { 'x-amz-security-token': sessionToken }),
    };
    const signer = new aws4.RequestSigner(
      {
        service: service.name,
        region,
        host,
        method: 'POST',
        path,
        headers,
        body,
        doNotModifyHeaders: true,
      },
      credentials,
    );
    // Else aws4 looks at the clock once more, maybe in the next second.
    signer.getDateTime = () => date;
    signer.signature = () =>
      createHmac('sha256', keyOf(signer.getDate())).update(signer.stringToSign()).digest('hex');
    const signed = signer.sign().headers as Outgoing['headers'];
    return http.send({
      origin,
      method: 'POST',
      path,
      headers: signed,
      body: Buffer.from(body),
      timeoutMs,
      maxBytes,
    });
  };

  return async (operation, body) => {
    for (let retries = 0; ; retries += 1) {
      try {
        return judge(await send(operation, body));
      } catch (failure) {
        const pause = retries + 1 < service.attempts ? pauseMs(failure, retries) : undefined;
        if (pause === undefined) throw failure;
        if (pause > 0) await wait(pause);
      }
    }
  };
}

/**
 * The key of a day (SigV4's derivation). aws4 keeps it as bytes, and in Node 24 an HMAC with bytes costs 18 us, with
 * a KeyObject 3.
 */
function signingKeys(secret: string, region: string, service: string): (date: string) => KeyObject {
  let kept: { date: string; key: KeyObject } | undefined;
  return (date) => {
    if (kept?.date === date) return kept.key;
    const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
      (parent, part) => createHmac('sha256', parent).update(part).digest(),
      `AWS4${secret}`,
    );
    kept = { date, key: createSecretKey(key as Buffer) };
    return kept.key;
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
 * Every call may be repeated. At once after a connection that died before it said anything: it was kept alive
 * too long, perhaps frozen. After a moment if AWS is not there, asks for patience or stumbles. Nothing else is.
 */
function pauseMs(failure: unknown, retries: number): number | undefined {
  if (failure instanceof HttpFailure && failure.fault === 'broken' && retries === 0) return 0;
  return isPassing(failure) ? (20 + Math.random() * 80) * 2 ** retries : undefined;
}

function isPassing(failure: unknown): boolean {
  if (failure instanceof HttpFailure)
    return failure.fault === 'broken' || failure.fault === 'refused';
  return failure instanceof AwsFailure && (failure.status >= 500 || throttles.has(failure.name));
}

const throttles = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
]);
