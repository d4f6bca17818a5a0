// Marks in DynamoDB: the time before which a subject's sign-ins do not count, and the logout tokens that are used up.

import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import type { MarkStore } from '#core/ports.ts';
import {
  conditionalRequest,
  expressionParts,
  itemOf,
  numberIn,
  type Table,
  tableRequest,
} from './items.ts';
import { partitions } from './schema.ts';

// The longest life of a session: when a mark goes, nothing that began before the revocation is left.
const keptSeconds = 90 * 24 * 3600;

export function markStore(dynamodb: Dynamodb, table: Table): MarkStore {
  const TableName = table.name;
  const markKey = (hash: string) => itemOf({ pk: `${partitions.mark}${hash}`, sk: 'mark' });

  const markOf = async (hash: string): Promise<number> => {
    const { Item: item } = await tableRequest(dynamodb, 'GetItem', {
      TableName,
      Key: markKey(hash),
      ConsistentRead: true,
    });
    return item ? numberIn(item, 'revokedBefore') : 0;
  };

  const jtiItem = (hash: string, values: Record<string, number>) =>
    itemOf({ pk: `${partitions.jti}${hash}`, sk: 'jti', ...values });

  return {
    signedOutBefore: async (hashes) => Math.max(0, ...(await Promise.all(hashes.map(markOf)))),

    // A later mark stays as it is.
    async markSignedOut(hash, at) {
      const change = 'SET #revokedBefore = :at, #ttl = :ttl';
      const condition = 'attribute_not_exists(#revokedBefore) OR #revokedBefore < :at';
      await conditionalRequest(dynamodb, 'UpdateItem', {
        TableName,
        Key: markKey(hash),
        UpdateExpression: change,
        ConditionExpression: condition,
        ...expressionParts([change, condition], { at, ttl: Math.ceil(at) + keptSeconds }),
      });
    },

    // This check is a write, so a function needs only the permission to put these items.
    async mayUse(jtiHash, expiresAt) {
      const condition = 'attribute_not_exists(#usedUp)';
      const free = await conditionalRequest(dynamodb, 'PutItem', {
        TableName,
        Item: jtiItem(jtiHash, { ttl: expiresAt }),
        ConditionExpression: condition,
        ...expressionParts([condition], {}),
      });
      return free !== undefined;
    },

    async useUp(jtiHash, expiresAt) {
      const Item = jtiItem(jtiHash, { usedUp: 1, ttl: expiresAt });
      await tableRequest(dynamodb, 'PutItem', { TableName, Item });
    },
  };
}
