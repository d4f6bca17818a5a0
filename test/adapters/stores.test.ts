import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ringStore } from '#adapters/key-ring.ts';
import { markStore } from '#adapters/mark-store.ts';
import { sessionStore } from '#adapters/session-store.ts';
import { transactionStore } from '#adapters/transaction-store.ts';
import type { Clock } from '#core/ports.ts';
import { firstKeys, ringStoreContract } from '../contracts/key-ring.ts';
import { markStoreContract } from '../contracts/mark-store.ts';
import { sessionStoreContract } from '../contracts/session-store.ts';
import { transactionStoreContract } from '../contracts/transaction-store.ts';
import { dynamodbServers } from './dynamodb-servers.ts';
import { tableForTests } from './table-for-tests.ts';

for (const { name, start, install } of dynamodbServers) {
  if (!start) {
    test.skip(`the stores on ${name}: not installed (npm i --no-save ${install})`, () => {});
    console.warn(`The stores are not judged on ${name}: not installed (${install}).`);
    continue;
  }
  describe(`on ${name}`, () => {
    let server: { url: string; close(): Promise<void> };

    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.close());

    const made = async <Store>(
      make: (client: DynamoDBClient, table: { name: string; clock: Clock }) => Store,
      clock?: Clock,
    ) => {
      const { client, table } = await tableForTests(server.url, clock);
      return { store: make(client, table), close: async () => client.destroy() };
    };

    sessionStoreContract('sessions', (clock) => made(inSmallPages(sessionStore), clock));
    transactionStoreContract('transactions', (clock) => made(transactionStore, clock));
    markStoreContract('marks', () => made(markStore));
    ringStoreContract('the key ring', () =>
      made((client, table) => ringStore(client, { ...table, firstKeys })),
    );
  });
}

/** Queries of an index answer seven at a time, so that there are pages without thousands of sessions. */
function inSmallPages<Store>(make: (client: DynamoDBClient, table: Table) => Store) {
  return (client: DynamoDBClient, table: Table): Store => {
    client.middlewareStack.add(
      (next) => (args) => {
        const input = args.input as { IndexName?: string; Limit?: number };
        return next(input.IndexName ? { ...args, input: { ...input, Limit: 7 } } : args);
      },
      { step: 'initialize' },
    );
    return make(client, table);
  };
}

type Table = Parameters<typeof sessionStore>[1];
