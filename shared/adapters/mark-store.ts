// Marks in DynamoDB: since when a subject's sign-ins count again, and which logout tokens were seen.
import { randomUUID } from 'node:crypto';
import type { MarkStore } from '../core/ports.ts';
import type { Dynamodb } from './dynamodb.ts';
import { always, conditional, expressed, itemOf, number, type Table } from './items.ts';
import { partitions } from './table.ts';

// The longest life of a session: nothing that began before a revocation is left when its mark goes.
const keptSeconds = 90 * 24 * 3600;

export function markStore(dynamodb: Dynamodb, table: Table): MarkStore {
  const TableName = table.name;
  const markKey = (hash: string) => itemOf({ pk: `${partitions.mark}${hash}`, sk: 'mark' });

  const markOf = async (hash: string): Promise<number> => {
    const { Item: item } = await always(dynamodb, 'GetItem', {
      TableName,
      Key: markKey(hash),
      ConsistentRead: true,
    });
    return item ? number(item, 'revokedBefore') : 0;
  };

  return {
    revokedBefore: async (hashes) => Math.max(0, ...(await Promise.all(hashes.map(markOf)))),

    // A later mark stays.
    async revoke(hash, at) {
      const change = 'SET #revokedBefore = :at, #ttl = :ttl';
      const condition = 'attribute_not_exists(#revokedBefore) OR #revokedBefore < :at';
      await conditional(dynamodb, 'UpdateItem', {
        TableName,
        Key: markKey(hash),
        UpdateExpression: change,
        ConditionExpression: condition,
        ...expressed([change, condition], { at, ttl: Math.ceil(at) + keptSeconds }),
      });
    },

    // A write that is repeated because its answer was lost is still the first: it carries its own mark.
    async firstUse(jtiHash, expiresAt) {
      const use = randomUUID();
      const condition = 'attribute_not_exists(#pk) OR #use = :use';
      const first = await conditional(dynamodb, 'PutItem', {
        TableName,
        Item: itemOf({ pk: `${partitions.jti}${jtiHash}`, sk: 'jti', use, ttl: expiresAt }),
        ConditionExpression: condition,
        ...expressed([condition], { use }),
      });
      return first !== undefined;
    },
  };
}
