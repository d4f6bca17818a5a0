// An operator over the real adapters, DynamoDB and KMS on loopback, and a clock that tests move.
import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { cloudwatchCalls } from '#adapters/aws/cloudwatch.ts';
import { sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { httpClient } from '#adapters/http/client.ts';
import { keyTags } from '#adapters/kms/tags.ts';
import type { Operator } from '#core/keys/operator.ts';
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import type { RotateRequest } from '#core/keys/rotation/state.ts';
import { sessionIndexOf } from '#core/session/lookup-hashes.ts';
import { type Cloudwatch, startCloudwatch } from '#infra/local/aws/cloudwatch/server.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { ensureKey } from '#infra/local/aws/ensure-key.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { ensureTable } from '#infra/local/aws/table.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import { operatorOver } from '#shared/runtime/operator.ts';

export const home = 'eu-central-1';
export const away = 'eu-west-1';
const broker = 'acme';

export interface Bench {
  kms: AwsEndpoint;
  dynamodb: AwsEndpoint;
  /** It hears of what this KMS signs. */
  cloudwatch: Cloudwatch;
  kmsIn(region: string): KMSClient;
  /** A new broker: a table of its own, two first keys, and an operator. */
  operator(options?: { config?: Partial<ConfigInput> }): Promise<TestOperator>;
  now(): number;
  /** Moves every clock: KMS's, the table's, the operator's. By itself none of them moves. */
  pass(seconds: number): void;
  close(): Promise<void>;
}

export interface TestOperator extends Operator {
  events: { name: string; fields: Record<string, unknown> }[];
  /** Calls rotate as the command line does, until it is over. Time passes by itself. */
  rotated(request?: Partial<RotateRequest>): Promise<OperatorOutcome>;
  /** A session pinned to the key, that lasts so long. */
  session(
    keyId: string,
    options?: { user?: string; email?: string; seconds?: number },
  ): Promise<string>;
  keysInKms(): Promise<{ id: string; state: string | undefined }[]>;
}

export const issuer = 'https://acme.okta.com';

export async function bench(): Promise<Bench> {
  const start = Date.now();
  let offset = 0;
  const now = () => start + offset * 1000;
  const cloudwatch = await startCloudwatch({ now });
  const [kms, dynamodb] = await Promise.all([
    startKms({ now, onSigned: cloudwatch.signed }),
    startDynamodb(),
  ]);
  const http = httpClient();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const clients = new Map<string, KMSClient>();
  const kmsIn = (region: string) => {
    const client =
      clients.get(region) ??
      new KMSClient({ endpoint: kms.url, region, credentials, maxAttempts: 1 });
    clients.set(region, client);
    return client;
  };
  const table = new DynamoDBClient({ endpoint: dynamodb.url, region: home, credentials });
  const dynamo = sdkDynamodb(table);
  const pass = (seconds: number) => {
    offset += seconds;
  };

  return {
    kms,
    dynamodb,
    cloudwatch,
    kmsIn,
    now,
    pass,
    async operator({ config = {} } = {}) {
      const name = `t-${randomUUID()}`;
      await ensureTable(table, name);
      const parsed = parseConfig(
        { issuer, clientId: 'c', publicOrigin: 'https://app.acme.com', ...config },
        'local',
      );
      const own = `${broker}-${name}`;
      const first = (use: 'dpop' | 'assertion') =>
        ensureKey(kmsIn(home), {
          alias: `alias/${name}-${use}`,
          spec: 'ECC_NIST_P256',
          tags: { [keyTags.broker]: own, [keyTags.use]: use },
        });
      const firstKeys = { dpop: await first('dpop'), assertion: await first('assertion') };
      const events: TestOperator['events'] = [];
      const op = operatorOver({
        config: parsed,
        firstKeys,
        table: name,
        dynamodb: dynamo,
        keys: {
          broker: own,
          policy: '{"Version":"2012-10-17","Statement":[]}',
          clientIn: kmsIn,
          neverRepeating: kmsIn(home),
        },
        cloudwatchIn: (region) =>
          cloudwatchCalls(http, { region, credentials, endpoint: cloudwatch.url }),
        clock: { now },
        log: (event: string, fields: Record<string, unknown> = {}) =>
          void events.push({ name: event, fields }),
      });
      return {
        ...op,
        events,
        rotated: (request = {}) => untilOver(op, pass, request),
        async session(keyId, { user = 'ada', email, seconds = 3600 } = {}) {
          const id = randomUUID();
          const at = Math.floor(now() / 1000);
          await op.sessions.create({
            id,
            version: 1,
            sealed: randomBytes(8),
            key: { id: keyId, jkt: 'jkt', alg: 'ES256' },
            index: sessionIndexOf(issuer, { sub: user, email }),
            createdAt: at,
            lastSeenAt: at,
            idleSeconds: seconds,
            expiresAt: at + seconds,
            stepUps: 0,
          });
          return id;
        },
        async keysInKms() {
          const ours = await op.admin.ours();
          return Promise.all(
            ours.map(async ({ id }) => ({ id, state: (await op.admin.describe(id))?.state })),
          );
        },
      };
    },
    async close() {
      for (const client of clients.values()) client.destroy();
      table.destroy();
      await Promise.all([kms, dynamodb, cloudwatch, http].map((one) => one.close()));
    },
  };
}

async function untilOver(
  op: Operator,
  pass: (seconds: number) => void,
  request: Partial<RotateRequest>,
): Promise<OperatorOutcome> {
  const asked = {
    use: 'dpop',
    driver: randomUUID(),
    by: 'ada',
    reason: 'test',
    ...request,
  } as const;
  for (;;) {
    const outcome = await rotateKey(op, asked);
    if (outcome.status !== 'waiting') return outcome;
    pass(outcome.retryAfterSeconds ?? 1);
  }
}
