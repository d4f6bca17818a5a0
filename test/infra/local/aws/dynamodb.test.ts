import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { tableSchema } from '#adapters/table/schema.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { type AwsEndpoint, throttled } from '#infra/local/aws/endpoint.ts';
import { ensureTable } from '#infra/local/aws/table.ts';

let dynamodb: AwsEndpoint;
let client: DynamoDBClient;
const TableName = 'sessions';
const item = { pk: { S: 'session#1' }, sk: { S: 'session' } };

beforeAll(async () => {
  dynamodb = await startDynamodb();
  client = clientOf(dynamodb);
  await ensureTable(client, TableName);
});
afterEach(() => {
  dynamodb.faults.reset();
  dynamodb.calls.reset();
});
afterAll(async () => {
  client.destroy();
  await dynamodb.close();
});

test('the table has the four sparse indexes and is found again', async () => {
  expect(await ensureTable(client, TableName)).toBe(false);
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table?.GlobalSecondaryIndexes?.map((index) => index.IndexName).sort()).toEqual(
    Object.values(tableSchema.indexes)
      .map((index) => index.name)
      .sort(),
  );
  expect(new Set(Table?.GlobalSecondaryIndexes?.map((i) => i.Projection?.ProjectionType))).toEqual(
    new Set(['KEYS_ONLY']),
  );
});

test('an item written by the SDK client is found by key and by index', async () => {
  const written = { ...item, keyId: { S: 'key-1' }, expiresAt: { N: '10' }, sealed: { B: bytes } };
  await client.send(new PutItemCommand({ TableName, Item: written }));
  const read = await client.send(
    new GetItemCommand({ TableName, Key: item, ConsistentRead: true }),
  );
  expect(read.Item).toEqual(written);
  const found = await client.send(
    new QueryCommand({
      TableName,
      IndexName: tableSchema.indexes.key.name,
      KeyConditionExpression: 'keyId = :key AND expiresAt > :now',
      ExpressionAttributeValues: { ':key': { S: 'key-1' }, ':now': { N: '9' } },
    }),
  );
  expect(found.Items).toEqual([{ ...item, keyId: { S: 'key-1' }, expiresAt: { N: '10' } }]);
});

test('of twenty writers that race for a condition one wins', async () => {
  const race = Array.from({ length: 20 }, () =>
    client.send(
      new UpdateItemCommand({
        TableName,
        Key: { pk: { S: 'session#race' }, sk: { S: 'session' } },
        UpdateExpression: 'SET version = :one',
        ConditionExpression: 'attribute_not_exists(version)',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    ),
  );
  const results = await Promise.allSettled(race);
  expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
  for (const lost of results.filter((r) => r.status === 'rejected')) {
    expect(lost.reason.name).toBe('ConditionalCheckFailedException');
  }
});

test('the next call can be throttled, and calls are counted', async () => {
  dynamodb.faults.failNext(throttled, { operation: 'GetItem' });
  const read = new GetItemCommand({ TableName, Key: item });
  await expect(client.send(read)).rejects.toMatchObject({ name: 'ThrottlingException' });
  await client.send(read);
  expect(dynamodb.calls.count('GetItem')).toBe(2);
  expect(dynamodb.calls.count()).toBe(2);
});

test('one operation can fail while others are served', async () => {
  dynamodb.faults.fault = ({ operation }) =>
    operation === 'PutItem' ? { error: 'InternalServerError', status: 500 } : undefined;
  await expect(client.send(new PutItemCommand({ TableName, Item: item }))).rejects.toMatchObject({
    name: 'InternalServerError',
  });
  await client.send(new GetItemCommand({ TableName, Key: item }));
});

test('a lost answer hides a write that was done', async () => {
  dynamodb.faults.failNext('lose_answer');
  const lost = { pk: { S: 'session#lost' }, sk: { S: 'session' } };
  await expect(client.send(new PutItemCommand({ TableName, Item: lost }))).rejects.toThrow();
  const read = await client.send(new GetItemCommand({ TableName, Key: lost }));
  expect(read.Item).toEqual(lost);
});

test('a caller that goes away in the middle of a request harms nobody', async () => {
  const socket = connect(Number(new URL(dynamodb.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half":');
  socket.resetAndDestroy();
  await client.send(new GetItemCommand({ TableName, Key: item }));
});

test('a table kept in a folder is there after a restart', async () => {
  const path = await mkdtemp(join(tmpdir(), 'dynamodb-'));
  const written = { ...item, note: { S: 'kept' } };
  const before = await startDynamodb({ path });
  await withClient(before, async (first) => {
    await ensureTable(first, TableName);
    await first.send(new PutItemCommand({ TableName, Item: written }));
  });
  const after = await startDynamodb({ path });
  await withClient(after, async (second) => {
    expect(await ensureTable(second, TableName)).toBe(false);
    const read = await second.send(new GetItemCommand({ TableName, Key: item }));
    expect(read.Item).toEqual(written);
  });
  await rm(path, { recursive: true });
});

const bytes = new Uint8Array([0, 1, 254, 255]);

const clientOf = ({ url }: AwsEndpoint) =>
  new DynamoDBClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

async function withClient(server: AwsEndpoint, use: (client: DynamoDBClient) => Promise<void>) {
  const own = clientOf(server);
  await use(own);
  own.destroy();
  await server.close();
}
