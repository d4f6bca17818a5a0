// What the meter charges, judged by the capacity that dynalite says a request consumes.
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readUnits, sizeOf, writeUnits } from '#infra/cost/capacity.ts';
import { type MeteredTable, meteredTable } from '#infra/cost/metered-table.ts';
import { ensureTable } from '#infra/local/aws/table.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';

let table: MeteredTable;
let client: DynamoDBClient;
beforeAll(async () => {
  table = await meteredTable();
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  client = new DynamoDBClient({ region, credentials, endpoint: table.url });
  await ensureTable(client, 'bff');
});
afterAll(async () => {
  client?.destroy();
  await table?.close();
});

const S = (length: number): AttributeValue => ({ S: 'x'.repeat(length) });
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'session' } });
const common = { TableName: 'bff', ReturnConsumedCapacity: 'TOTAL' } as const;

/** What the meter counted meanwhile, beside what the table says. */
async function charged(
  command: Promise<{ ConsumedCapacity?: { CapacityUnits?: number | undefined } | undefined }>,
) {
  const before = { ...table.units };
  const said = (await command).ConsumedCapacity?.CapacityUnits;
  return {
    said,
    read: table.units.read - before.read,
    write: table.units.write - before.write,
  };
}

test.each([10, 1_000, 1_100, 2_900, 5_000])('an item with %d bytes', async (length) => {
  const Item = { ...key(`put ${length}`), sealed: S(length), n: { N: '1790000000' } };
  const put = await charged(client.send(new PutItemCommand({ ...common, Item })));
  expect(put.write).toBe(put.said);
  const query = await charged(
    client.send(
      new QueryCommand({
        ...common,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `put ${length}` } },
      }),
    ),
  );
  expect(query.read).toBe(query.said);
  const smaller = await charged(
    client.send(
      new UpdateItemCommand({
        ...common,
        Key: key(`put ${length}`),
        UpdateExpression: 'SET sealed = :s',
        ExpressionAttributeValues: { ':s': { S: 'y' } },
      }),
    ),
  );
  expect(smaller.write).toBe(smaller.said);
  const gone = await charged(
    client.send(new DeleteItemCommand({ ...common, Key: key(`put ${length}`) })),
  );
  expect(gone.write).toBe(gone.said);
});

test('an index costs a unit when its entry begins or ends, and nothing while its keys stay', () => {
  const session = { ...key('a'), keyId: { S: 'k' }, expiresAt: { N: '1' }, subject: { S: 's' } };
  expect(writeUnits(undefined, session)).toBe(1 + 2);
  expect(writeUnits(session, { ...session, sealed: S(10) })).toBe(1);
  expect(writeUnits(session, { ...session, subject: { S: 't' } })).toBe(1 + 2);
  expect(writeUnits(session, undefined)).toBe(1 + 2);
  // The index of keys needs both of its attributes.
  expect(writeUnits(undefined, { ...key('a'), keyId: { S: 'k' } })).toBe(1);
});

test('a refused condition costs what the item would', async () => {
  const Item = { ...key('refused'), sealed: S(1_500) };
  await client.send(new PutItemCommand({ ...common, Item }));
  const before = table.units.write;
  const again = new PutItemCommand({
    ...common,
    Item: key('refused'),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await expect(client.send(again)).rejects.toThrow(/conditional request failed/i);
  expect(table.units.write - before).toBe(2);
});

test('reading nothing costs as much as the least, and half where consistency is not asked for', () => {
  expect(readUnits([], true)).toBe(1);
  expect(readUnits([], false)).toBe(0.5);
  const half = { ...key('a'), sealed: S(4_096 - sizeOf({ ...key('a'), sealed: S(0) })) };
  expect(readUnits([half], true)).toBe(1);
  expect(readUnits([half, key('b')], true)).toBe(2);
});
