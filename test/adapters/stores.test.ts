import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import type { Table } from '#adapters/table/items.ts';
import { ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { transactionStore } from '#adapters/table/sign-ins.ts';
import type { Clock } from '#core/ports.ts';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { firstKeys, ringStoreContract } from '../contracts/key-ring.ts';
import { markStoreContract } from '../contracts/mark-store.ts';
import { sessionStoreContract } from '../contracts/session-store.ts';
import { transactionStoreContract } from '../contracts/transaction-store.ts';
import { dynamodbClients } from './aws-clients.ts';
import { dynamodbServers } from './dynamodb-servers.ts';
import { startBefore } from './lost-answers.ts';
import { tableForTests } from './table-for-tests.ts';

for (const { name, start, install } of dynamodbServers) {
  if (!start) {
    test.skip(`the stores on ${name}: not installed (npm i --no-save ${install})`, () => {});
    console.warn(`The stores are not judged on ${name}: not installed (${install}).`);
    continue;
  }
  describe(`on ${name}`, () => {
    let server: { url: string; close(): Promise<void> };
    let losing: AwsEndpoint;

    beforeAll(async () => {
      server = await start();
      losing = await startBefore(server);
    });
    afterAll(async () => {
      await losing.close();
      await server.close();
    });

    describe.each(dynamodbClients)('by $name', ({ connect }) => {
      const made = async <Store>(
        make: (dynamodb: Dynamodb, table: Table) => Store,
        clock?: Clock,
      ) => {
        const { client, table } = await tableForTests(server.url, clock);
        client.destroy();
        const { dynamodb, close } = connect(losing.url, 2);
        const loseAnswer = () => losing.faults.failNext('lose_answer');
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
}

/** Queries of an index answer seven at a time, so that there are pages without thousands of sessions. */
const inSmallPages =
  (dynamodb: Dynamodb): Dynamodb =>
  (operation, asked) =>
    dynamodb(operation, 'IndexName' in asked ? { ...asked, Limit: 7 } : asked);
