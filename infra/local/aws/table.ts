// Creates the table for the sessions of a local run, if it is missing.
import {
  type AttributeDefinition,
  CreateTableCommand,
  type DynamoDBClient,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { tableSchema } from '#adapters/table/schema.ts';

/** Returns true when it was created now. */
export async function ensureTable(client: DynamoDBClient, name: string): Promise<boolean> {
  const { partitionKey, sortKey, indexes } = tableSchema;
  const created = await client
    .send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          partitionKey,
          sortKey,
          ...Object.values(indexes).flatMap(keyNames),
        ].map(definition),
        KeySchema: keySchema({ partitionKey, sortKey }),
        GlobalSecondaryIndexes: Object.values(indexes).map(
          (index): GlobalSecondaryIndex => ({
            IndexName: index.name,
            KeySchema: keySchema(index),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          }),
        ),
      }),
    )
    .then(() => true)
    .catch((error: unknown) => {
      if (error instanceof ResourceInUseException) return false;
      throw error;
    });
  await waitUntilTableExists(
    { client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
    { TableName: name },
  );
  if (created) await cleanUpByTtl(client, name);
  return created;
}

interface Index {
  partitionKey: string;
  sortKey?: string;
}

const keyNames = ({ partitionKey, sortKey }: Index) =>
  sortKey ? [partitionKey, sortKey] : [partitionKey];

const keySchema = (index: Index) =>
  keyNames(index).map(
    (AttributeName, at): KeySchemaElement => ({
      AttributeName,
      KeyType: at === 0 ? 'HASH' : 'RANGE',
    }),
  );

const definition = (AttributeName: string): AttributeDefinition => ({
  AttributeName,
  AttributeType: AttributeName === tableSchema.indexes.key.sortKey ? 'N' : 'S',
});

async function cleanUpByTtl(client: DynamoDBClient, name: string): Promise<void> {
  const ttl = { AttributeName: tableSchema.timeToLive, Enabled: true };
  await client
    .send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: ttl }))
    // The embedded store cannot do this, nor can other stand-ins for AWS. Nothing relies on it.
    .catch(() => undefined);
}
