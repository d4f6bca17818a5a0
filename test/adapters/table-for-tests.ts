// A table of its own for each suite, and a client that does not retry.
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Table } from '#adapters/table/items.ts';
import type { Clock } from '#core/ports.ts';
import { ensureTable } from '#infra/local/aws/table.ts';

export interface TableForTests {
  client: DynamoDBClient;
  table: Table;
}

export async function tableForTests(
  url: string,
  clock: Clock = { now: Date.now },
  options: { maxAttempts?: number } = {},
): Promise<TableForTests> {
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    ...options,
  });
  const name = `bff-${randomUUID()}`;
  await ensureTable(client, name);
  return { client, table: { name, clock } };
}
