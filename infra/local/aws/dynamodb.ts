// DynamoDB on this machine: dynalite in this process, on loopback, with switches for latency and faults. Kinder than
// the real one: indexes are consistent at once, nothing is throttled by itself, and expired items stay (the real one
// removes them late; we never rely on it). Stricter: it has no transactions.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import dynalite from 'dynalite';
import { tableSchema } from '#adapters/table/schema.ts';
import { dynamodbNeeds } from './dynamodb-needs.ts';
import { type AwsAnswer, type AwsEndpoint, type AwsRequest, startAwsEndpoint } from './endpoint.ts';
import type { Guard, Refused } from './iam/guard.ts';
import type { AwsCredentials } from './signature.ts';

const contentType = 'application/x-amz-json-1.0';

export async function startDynamodb(
  options: {
    port?: number;
    path?: string;
    latencyMs?: number;
    credentials?: AwsCredentials;
    /** When given, callers may do only what it allows. */
    guard?: Guard | undefined;
  } = {},
): Promise<AwsEndpoint> {
  const database = dynalite({
    ...(options.path && { path: options.path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const [handler] = database.listeners('request') as Handler[];
  if (!handler) throw new Error('dynalite has no request handler');
  // dynalite brings down the whole process when its database is closed in the middle of a request.
  const underWay = new Set<Promise<AwsAnswer>>();
  const tracked = (answer: Promise<AwsAnswer>): Promise<AwsAnswer> => {
    underWay.add(answer);
    return answer.finally(() => underWay.delete(answer));
  };
  let closing = false;
  const endpoint = await startAwsEndpoint({
    port: options.port,
    latencyMs: options.latencyMs,
    credentials: options.credentials,
    contentType,
    errorPrefix: 'com.amazonaws.dynamodb.v20120810#',
    concerns: partitionOf,
    answer: (request) => {
      const refused = options.guard && refusalOf(options.guard, request);
      if (refused) return denied(refused);
      return closing ? goingAway : tracked(ask(handler, request));
    },
  });
  return {
    ...endpoint,
    async close() {
      closing = true;
      await endpoint.close();
      await Promise.all(underWay);
      await closeDatabase(database);
    },
  };
}

const ofAnItem = new RegExp(`"${tableSchema.partitionKey}":{"S":"([^"]+)"}`);

function partitionOf({ body }: AwsRequest): { partition?: string } {
  const [, partition] = ofAnItem.exec(body.toString()) ?? [];
  return partition ? { partition } : {};
}

function refusalOf(guard: Guard, { accessKeyId, operation, region, body }: AwsRequest) {
  const input = JSON.parse(body.toString() || '{}');
  return guard.refuses(accessKeyId, dynamodbNeeds(operation, region, input));
}

const denied = ({ error, message }: Refused): AwsAnswer => ({
  status: 400,
  headers: { 'content-type': contentType },
  body: JSON.stringify({ __type: `com.amazon.coral.service#${error}`, Message: message }),
});

/** The caller has hung up already, or is about to. */
const goingAway: AwsAnswer = { status: 503, headers: {}, body: '' };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

// dynalite brings down the whole process when a caller goes away in the middle of a request. So it only gets complete
// requests, and answers into memory.
function ask(handler: Handler, { headers, body }: AwsRequest): Promise<AwsAnswer> {
  return new Promise((resolve) => {
    const request = Object.assign(Readable.from(body.length ? [body] : []), {
      method: 'POST',
      url: '/',
      headers,
    });
    const answer: AwsAnswer = { status: 200, headers: {}, body: '' };
    const response = {
      statusCode: 200,
      setHeader: (name: string, value: string | number) => {
        answer.headers[name.toLowerCase()] = value;
      },
      end: (text = '') => resolve({ ...answer, status: response.statusCode, body: text }),
    };
    handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
}

// It closes its database only together with a listening server.
async function closeDatabase(database: ReturnType<typeof dynalite>): Promise<void> {
  await new Promise<void>((resolve) => database.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve, reject) =>
    database.close((error) => (error ? reject(error) : resolve())),
  );
}
