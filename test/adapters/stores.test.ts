import { describe } from 'vitest';
import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import type { Table } from '#adapters/table/items.ts';
import { ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { transactionStore } from '#adapters/table/sign-ins.ts';
import type { Clock } from '#core/ports.ts';
import { firstKeys, ringStoreContract } from '../contracts/key-ring.ts';
import { markStoreContract } from '../contracts/mark-store.ts';
import { sessionStoreContract } from '../contracts/session-store.ts';
import { transactionStoreContract } from '../contracts/transaction-store.ts';
import { dynamodbClients } from './aws-clients.ts';
import { onEachDynamodb } from './on-each-dynamodb.ts';
import { tableForTests } from './table-for-tests.ts';

onEachDynamodb('the stores', (here) => {
  describe.each(dynamodbClients)('by $name', ({ connect }) => {
    const made = async <Store>(
      make: (dynamodb: Dynamodb, table: Table) => Store,
      clock?: Clock,
    ) => {
      const { client, table } = await tableForTests(here.url, clock);
      client.destroy();
      const { dynamodb, close } = connect(here.losing.url, 2);
      const loseAnswer = () => here.losing.faults.failNext('lose_answer');
      return { store: make(dynamodb, table), loseAnswer, close };
    };

    sessionStoreContract('sessions', (clock) =>
      made((dynamodb, table) => sessionStore(inSmallPages(dynamodb), table), clock),
    );
    transactionStoreContract('transactions', (clock) => made(transactionStore, clock));
    markStoreContract('marks', () => made(markStore));
    ringStoreContract('the key ring', () =>
      made((dynamodb, table) => ringStore(dynamodb, { ...table, firstKeys })),
    );
  });
});

/** Queries of an index answer seven at a time, so that there are pages without thousands of sessions. */
const inSmallPages =
  (dynamodb: Dynamodb): Dynamodb =>
  (operation, asked) =>
    dynamodb(operation, 'IndexName' in asked ? { ...asked, Limit: 7 } : asked);
