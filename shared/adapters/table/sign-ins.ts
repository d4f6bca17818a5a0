// Sign-ins under way, in DynamoDB. The first request to consume one leaves its own random mark, and nobody else gets
// the sign-in. If that answer is lost, the repeated request finds its mark; a repeated delete would find nothing. The
// rest stays sealed under a cookie that the browser is told to forget, until the item expires.
import { randomUUID } from 'node:crypto';
import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import { BrokerError } from '#core/errors.ts';
import type { TransactionStore } from '#core/ports.ts';
import {
  bytesIn,
  conditionalRequest,
  expressionParts,
  itemOf,
  numberIn,
  secondsNow,
  type Table,
} from './items.ts';
import { partitions } from './schema.ts';

export function transactionStore(dynamodb: Dynamodb, table: Table): TransactionStore {
  const keyOf = (id: string) => itemOf({ pk: `${partitions.login}${id}`, sk: 'login' });
  return {
    async begin({ id, browser, sealed, createdAt, expiresAt }) {
      // The second part is true when the write is repeated because its answer was lost.
      const condition = 'attribute_not_exists(#pk) OR #sealed = :sealed';
      const begun = await conditionalRequest(dynamodb, 'PutItem', {
        TableName: table.name,
        Item: {
          ...keyOf(id),
          ...itemOf({ browser, sealed, createdAt, expiresAt, ttl: expiresAt }),
        },
        ConditionExpression: condition,
        ...expressionParts([condition], { sealed }),
      });
      if (!begun) throw new BrokerError('internal', 'a transaction with this id exists');
    },

    async consume(id, browser) {
      const change = 'SET #usedBy = :attempt';
      const condition =
        '#browser = :browser AND #expiresAt > :now AND (attribute_not_exists(#usedBy) OR #usedBy = :attempt)';
      const consumed = await conditionalRequest(dynamodb, 'UpdateItem', {
        TableName: table.name,
        Key: keyOf(id),
        UpdateExpression: change,
        ConditionExpression: condition,
        ...expressionParts([change, condition], {
          browser,
          attempt: randomUUID(),
          now: secondsNow(table),
        }),
        ReturnValues: 'ALL_NEW',
      });
      const item = consumed?.Attributes;
      return (
        item && {
          id,
          browser,
          sealed: bytesIn(item, 'sealed'),
          createdAt: numberIn(item, 'createdAt'),
          expiresAt: numberIn(item, 'expiresAt'),
        }
      );
    },
  };
}
