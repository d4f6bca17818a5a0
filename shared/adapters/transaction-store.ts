// Sign-ins on their way, in DynamoDB: used once by a conditional delete, whoever asks at the same time.
import { BrokerError } from '../core/errors.ts';
import type { TransactionStore } from '../core/ports.ts';
import type { Dynamodb } from './dynamodb.ts';
import { bytes, conditional, expressed, itemOf, number, secondsNow, type Table } from './items.ts';
import { partitions } from './table.ts';

export function transactionStore(dynamodb: Dynamodb, table: Table): TransactionStore {
  const keyOf = (id: string) => itemOf({ pk: `${partitions.login}${id}`, sk: 'login' });
  return {
    async begin({ id, browser, sealed, createdAt, expiresAt }) {
      // Or its own: a repeated write, because the answer was lost.
      const condition = 'attribute_not_exists(#pk) OR #sealed = :sealed';
      const begun = await conditional(dynamodb, 'PutItem', {
        TableName: table.name,
        Item: {
          ...keyOf(id),
          ...itemOf({ browser, sealed, createdAt, expiresAt, ttl: expiresAt }),
        },
        ConditionExpression: condition,
        ...expressed([condition], { sealed }),
      });
      if (!begun) throw new BrokerError('internal', 'there is a transaction with this id');
    },

    async consume(id, browser) {
      const condition = '#browser = :browser AND #expiresAt > :now';
      const consumed = await conditional(dynamodb, 'DeleteItem', {
        TableName: table.name,
        Key: keyOf(id),
        ConditionExpression: condition,
        ...expressed([condition], { browser, now: secondsNow(table) }),
        ReturnValues: 'ALL_OLD',
      });
      const item = consumed?.Attributes;
      return (
        item && {
          id,
          browser,
          sealed: bytes(item, 'sealed'),
          createdAt: number(item, 'createdAt'),
          expiresAt: number(item, 'expiresAt'),
        }
      );
    },
  };
}
