import { randomBytes } from 'node:crypto';
import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import type { Table } from '#adapters/table/items.ts';
import { ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { partitions } from '#adapters/table/schema.ts';
import { sessionCensus } from '#adapters/table/session-index.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { transactionStore } from '#adapters/table/sign-ins.ts';
import { BrokerError } from '#core/errors.ts';
import { addKey } from '#core/keys/ring.ts';
import type { SessionRecord } from '#core/ports.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { type AwsEndpoint, throttled } from '#infra/local/aws/endpoint.ts';
import { firstKeys } from '../contracts/key-ring.ts';
import { type DynamodbForTests, dynamodbClients } from './aws-clients.ts';
import { tableForTests } from './table-for-tests.ts';

let endpoint: AwsEndpoint;
let client: DynamoDBClient;
let table: Table;
const start = 1_800_000_000;

beforeAll(async () => {
  endpoint = await startDynamodb();
  const clock = { now: () => start * 1000 };
  ({ client, table } = await tableForTests(endpoint.url, clock));
});
afterEach(() => {
  endpoint.faults.reset();
  endpoint.calls.reset();
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const storesOn = (dynamodb: Dynamodb) => ({
  sessions: sessionStore(dynamodb, table),
  census: sessionCensus(dynamodb, table),
  transactions: transactionStore(dynamodb, table),
  marks: markStore(dynamodb, table),
  rings: ringStore(dynamodb, { ...table, firstKeys }),
});
type Stores = ReturnType<typeof storesOn>;

const id = 'unknown';
const held = { owner: 'env-1', version: 1 };
const next = {
  sealed: new Uint8Array([2]),
  key: { id: 'arn:key/2', jkt: 'jkt-2', alg: 'ES256' as const },
};
const uses: [string, (stores: Stores) => Promise<unknown>][] = [
  ['read', ({ sessions }) => sessions.read(id)],
  ['create', ({ sessions }) => sessions.create(the())],
  ['touch', ({ sessions }) => sessions.touch(id, start)],
  ['takeLease', ({ sessions }) => sessions.takeLease(id, 1, { owner: 'env-1', until: start })],
  ['bindDevice', ({ sessions }) => sessions.bindDevice(id, 'secret', { challengeSecret: 'next' })],
  ['replaceTokens', ({ sessions }) => sessions.replaceTokens(id, held, next)],
  ['freeLease', ({ sessions }) => sessions.freeLease(id, 'env-1')],
  ['countStepUp', ({ sessions }) => sessions.countStepUp(id, 1)],
  ['end', ({ sessions }) => sessions.end(id)],
  ['saveNonce', ({ sessions }) => sessions.saveNonce(id, 'as|https://a.example', 'n')],
  ['find', ({ sessions }) => sessions.find('subject', id)[Symbol.asyncIterator]().next()],
  ['onKey', ({ census }) => census.onKey('arn:key/1')],
  ['begin', ({ transactions }) => transactions.begin(transaction())],
  ['consume', ({ transactions }) => transactions.consume(id, 'browser')],
  ['revokedBefore', ({ marks }) => marks.signedOutBefore([id])],
  ['revoke', ({ marks }) => marks.markSignedOut(id, start)],
  ['mayUse', ({ marks }) => marks.mayUse(random(), start)],
  ['useUp', ({ marks }) => marks.useUp(random(), start)],
  ['ring read', ({ rings }) => rings.read('dpop')],
  ['ring replace', async ({ rings }) => rings.replace(addKey(await rings.read('dpop'), 'k', 1))],
];

describe.each(dynamodbClients)('by $name', ({ connect }) => {
  let once: DynamodbForTests;
  const stores = () => storesOn(once.dynamodb);

  beforeAll(() => {
    once = connect(endpoint.url, 1);
  });
  afterAll(() => once.close());

  describe.each(uses)('%s', (_name, use) => {
    test.each([
      ['throttled', throttled],
      ['an internal error', { error: 'InternalServerError', status: 500 }],
      ['a table that does not exist', { error: 'ResourceNotFoundException' }],
      ['no access', { error: 'AccessDeniedException', message: 'arn:aws:dynamodb:::table/x' }],
      ['a connection that dies', 'hang_up'],
    ] as const)('with %s is store_unavailable', async (_title, fault) => {
      endpoint.faults.fault = () => fault;
      const error = await use(stores()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BrokerError);
      const { code, headers, message } = error as BrokerError;
      expect(code).toBe('store_unavailable');
      expect(headers['retry-after']).toMatch(/^[1-3]$/);
      expect(message).toMatch(/^DynamoDB \w+ failed: \w+$/);
    });
  });

  test('a session is created though the answers to both of its writes are lost', async () => {
    const repeating = connect(endpoint.url, 2);
    onTestFinished(() => repeating.close());
    const { sessions } = storesOn(repeating.dynamodb);
    const session = the();
    let sent = 0;
    endpoint.faults.fault = () => (sent++ % 2 === 0 ? 'lose_answer' : undefined);
    await sessions.create(session);
    expect(endpoint.calls.count('PutItem')).toBe(4);
    endpoint.faults.reset();
    expect((await sessions.read(session.id))?.session).toEqual(session);
  });

  describe('the cost', () => {
    test('a session and its nonces are one query', async () => {
      const { sessions } = stores();
      const session = the();
      await sessions.create(session, { 'rs|https://a.example': 'n1' });
      endpoint.calls.reset();
      expect((await sessions.read(session.id))?.nonces).toEqual({ 'rs|https://a.example': 'n1' });
      expect(endpoint.calls.count('Query')).toBe(1);
      expect(endpoint.calls.count()).toBe(1);
    });

    test('nothing scans the table', async () => {
      const all = stores();
      for (const [, use] of uses) await use(all).catch(() => {});
      expect(endpoint.calls.count('Scan')).toBe(0);
      expect(endpoint.calls.count()).toBeGreaterThan(uses.length);
    });
  });

  test('the table shows no cookie, no plain text and only known partitions', async () => {
    const all = stores();
    for (const [, use] of uses) await use(all).catch(() => {});
    const { Items = [] } = await client.send(new ScanCommand({ TableName: table.name }));
    const beginnings = Object.values(partitions) as string[];
    for (const item of Items as Record<string, AttributeValue>[]) {
      const partition = item.pk?.S ?? '';
      expect(beginnings.some((beginning) => partition.startsWith(beginning))).toBe(true);
      if (partition !== partitions.ring) expect(Number(item.ttl?.N)).toBeGreaterThanOrEqual(start);
    }
  });

  test('a key has as many sessions as are not past their end, and the last of them ends last', async () => {
    const { sessions, census } = stores();
    const key = { id: `arn:key/${random()}`, jkt: 'jkt', alg: 'ES256' as const };
    expect(await census.onKey(key.id)).toEqual({ sessions: 0 });
    for (const expiresAt of [start, start + 10, start + 30, start + 20]) {
      await sessions.create(the({ key, expiresAt }));
    }
    expect(await census.onKey(key.id)).toEqual({ sessions: 3, lastEnd: start + 30 });
  });
});

const random = () => randomBytes(32).toString('base64url');

const the = (overrides: Partial<SessionRecord> = {}): SessionRecord => ({
  id: random(),
  version: 1,
  sealed: new Uint8Array(randomBytes(32)),
  key: { id: 'arn:key/1', jkt: 'jkt', alg: 'ES256' },
  index: { subject: random() },
  createdAt: start,
  lastSeenAt: start,
  idleSeconds: 1_800,
  expiresAt: start + 43_200,
  stepUps: 0,
  ...overrides,
});

const transaction = () => ({
  id: random(),
  browser: random(),
  sealed: new Uint8Array([1]),
  createdAt: start,
  expiresAt: start + 600,
});
