// Sign-ins on their way, in DynamoDB: used once by a conditional delete, whoever asks at the same time.
import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { BrokerError } from '../core/errors.ts';
import type { TransactionStore } from '../core/ports.ts';
import { bytes, conditional, expressed, itemOf, number, secondsNow, type Table } from './items.ts';
import { partitions } from './table.ts';

export function transactionStore(client: DynamoDBClient, table: Table): TransactionStore {
  const keyOf = (id: string) => itemOf({ pk: `${partitions.login}${id}`, sk: 'login' });
  return {
    async begin({ id, browser, sealed, createdAt, expiresAt }) {
      // Or its own: a repeated write, because the answer was lost.
      const condition = 'attribute_not_exists(#pk) OR #sealed = :sealed';
      const command = new PutItemCommand({
        TableName: table.name,
        Item: {
          ...keyOf(id),
          ...itemOf({ browser, sealed, createdAt, expiresAt, ttl: expiresAt }),
        },
        ConditionExpression: condition,
        ...expressed([condition], { sealed }),
      });
      if (!(await conditional('PutItem', client.send(command)))) {
        throw new BrokerError('internal', 'there is a transaction with this id');
      }
    },

    async consume(id, browser) {
      const condition = '#browser = :browser AND #expiresAt > :now';
      const command = new DeleteItemCommand({
        TableName: table.name,
        Key: keyOf(id),
        ConditionExpression: condition,
        ...expressed([condition], { browser, now: secondsNow(table) }),
        ReturnValues: 'ALL_OLD',
      });
      const item = (await conditional('DeleteItem', client.send(command)))?.Attributes;
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
