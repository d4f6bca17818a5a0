// Finds sessions by their hashes and by key. An index names candidates, and the items themselves decide. Indexes lag
// behind a little, so a revocation also leaves a mark that stops new sign-ins.

import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import type { SessionCensus } from '#core/ports.ts';
import {
  expressionParts,
  type Item,
  numberIn,
  secondsNow,
  type Table,
  tableRequest,
} from './items.ts';
import { tableSchema } from './schema.ts';
import { idOf, keyOf } from './session-item.ts';

type Index = keyof typeof tableSchema.indexes;

/** How many items are read at a time. */
const batch = 25;

export async function* findLive(
  dynamodb: Dynamodb,
  table: Table,
  by: Index,
  value: string,
): AsyncIterable<{ id: string }> {
  for await (const items of pages(dynamodb, table, by, value)) {
    for (let at = 0; at < items.length; at += batch) {
      const ids = items.slice(at, at + batch).map((item) => idOf(item.pk?.S ?? ''));
      const live = await Promise.all(ids.map((id) => isLive(dynamodb, table, by, value, id)));
      for (const [n, id] of ids.entries()) if (live[n]) yield { id };
    }
  }
}

async function* pages(
  dynamodb: Dynamodb,
  table: Table,
  by: Index,
  value: string,
): AsyncIterable<Item[]> {
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await tableRequest(dynamodb, 'Query', {
      ...indexQuery(table, by, value),
      ExclusiveStartKey,
    });
    yield page.Items ?? [];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

function indexQuery(table: Table, by: Index, value: string) {
  const { name, partitionKey } = tableSchema.indexes[by];
  // Only the index by key is ordered by end.
  const ended = by === 'key' ? ' AND #expiresAt > :now' : '';
  const condition = `#${partitionKey} = :value${ended}`;
  return {
    TableName: table.name,
    IndexName: name,
    KeyConditionExpression: condition,
    ...expressionParts([condition], { value, ...(ended && { now: secondsNow(table) }) }),
  };
}

/** It still exists with this value, and is neither idle for too long nor past its end. */
async function isLive(
  dynamodb: Dynamodb,
  table: Table,
  by: Index,
  value: string,
  id: string,
): Promise<boolean> {
  const { partitionKey } = tableSchema.indexes[by];
  const projection = `#${partitionKey}, #idleEndsAt, #expiresAt`;
  const { ExpressionAttributeNames } = expressionParts([projection], {});
  const { Item: item } = await tableRequest(dynamodb, 'GetItem', {
    TableName: table.name,
    Key: keyOf(id),
    ConsistentRead: true,
    ProjectionExpression: projection,
    ExpressionAttributeNames,
  });
  if (item?.[partitionKey]?.S !== value) return false;
  return Math.min(numberIn(item, 'idleEndsAt'), numberIn(item, 'expiresAt')) > secondsNow(table);
}

export function sessionCensus(dynamodb: Dynamodb, table: Table): SessionCensus {
  return {
    async onKey(keyId) {
      const query = indexQuery(table, 'key', keyId);
      let sessions = 0;
      let ExclusiveStartKey: Item | undefined;
      do {
        const page = await tableRequest(dynamodb, 'Query', {
          ...query,
          Select: 'COUNT',
          ExclusiveStartKey,
        });
        sessions += page.Count ?? 0;
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      const newest = { ...query, ScanIndexForward: false, Limit: 1 };
      const { Items = [] } = await tableRequest(dynamodb, 'Query', newest);
      return { sessions, ...(Items[0] && { lastEnd: numberIn(Items[0], 'expiresAt') }) };
    },
  };
}
