// The store of used proofs on every DynamoDB that is here, and the whole check over several environments.
import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { dynamodbReplay, type ReplayPut } from '#adapters/table/replay.ts';
import { memoryReplay, type ReplayStore } from '#core/resource-server/request-verifier.ts';
import { clientWith, ownApi } from '#test/support/own-api.ts';
import { type ReplayStores, replayStoreContract } from '../../contracts/replay-store.ts';
import { dynamodbClients } from '../aws-clients.ts';
import { onEachDynamodb } from '../on-each-dynamodb.ts';

const environments = [0, 1, 2, 3, 4];

replayStoreContract('memory', async () => ({
  stores: [memoryReplay({ clock: { now: Date.now } })],
  close: async () => {},
}));

onEachDynamodb('used proofs', (here) => {
  describe.each(dynamodbClients)('by $name', ({ connect }) => {
    const made = async (): Promise<ReplayStores> => {
      const table = await replayTable(here.url);
      const connections = environments.map(() => connect(here.losing.url, 4));
      return {
        stores: connections.map(({ dynamodb }) =>
          dynamodbReplay((put) => dynamodb('PutItem', put), { table }),
        ) as [ReplayStore],
        loseAnswers: (times) => here.losing.faults.failNext('lose_answer', { times }),
        close: async () => {
          for (const { close } of connections) await close();
        },
      };
    };

    replayStoreContract('used proofs', made);

    test('one proof, sent a hundred times to five environments at once, is accepted once', async () => {
      const { stores, close } = await made();
      const apis = await Promise.all(stores.map((replay) => ownApi({}, { replay })));
      const client = await clientWith();
      const [first] = apis as [(typeof apis)[0]];
      const request = await first.request(client, await first.token(client));
      const verdicts = await Promise.all(
        Array.from({ length: 100 }, (_, at) => apis[at % apis.length]?.verify(request)),
      );
      const kinds = verdicts.map((one) => (one?.kind === 'refused' ? one.reason : one?.kind));
      expect(kinds.sort()).toEqual(['accepted', ...Array(99).fill('proof_used')]);
      await close();
    });
  });

  test('a request costs one write and no read; a refused one costs none', async () => {
    const table = await replayTable(here.url);
    const client = clientOf(here.losing.url);
    const replay = dynamodbReplay((put) => client.send(new PutItemCommand(put)), { table });
    const api = await ownApi({}, { replay });
    const key = await clientWith();
    const token = await api.token(key);
    const honest = await api.request(key, token);
    await api.verify(honest);
    here.losing.calls.reset();
    for (let call = 0; call < 10; call++) {
      expect((await api.verify(await api.request(key, token))).kind).toBe('accepted');
    }
    expect([here.losing.calls.count(), here.losing.calls.count('PutItem')]).toEqual([10, 10]);
    for (const claims of [{ htm: 'PUT' }, { ath: 'x' }, { iat: 1 }]) {
      expect((await api.verify(await api.request(key, token, claims))).kind).toBe('refused');
    }
    const needs = { scopes: ['admin'] };
    expect((await api.verify(await api.request(key, token), needs)).kind).toBe('refused');
    expect(here.losing.calls.count()).toBe(10);
    client.destroy();
  });

  test('nothing is accepted while the table fails', async () => {
    const client = clientOf(here.losing.url);
    const replay = dynamodbReplay((put) => client.send(new PutItemCommand(put)), {
      table: 'no-such-table',
    });
    const api = await ownApi({}, { replay });
    const key = await clientWith();
    const verdict = await api.verify(await api.request(key, await api.token(key)));
    expect(verdict).toMatchObject({ reason: 'replay_unavailable', status: 503 });
    client.destroy();
  });
});

test('the memory forgets nothing: when it is full, it cannot judge', async () => {
  const clock = { at: 0, now: () => clock.at };
  const replay = memoryReplay({ clock }, 3);
  for (const proof of ['a', 'b', 'c']) expect(await replay.use(proof, 60)).toBe(true);
  await expect(replay.use('d', 60)).rejects.toThrow('more than 3');
  expect(await replay.use('a', 60)).toBe(false);
  clock.at = 61_000;
  expect(await replay.use('d', 121)).toBe(true);
});

test('what is stored of a proof is a hash and when it may be forgotten', async () => {
  const puts: ReplayPut[] = [];
  const replay = dynamodbReplay(async (put) => puts.push(put), { table: 'used' });
  const api = await ownApi({}, { replay });
  const key = await clientWith();
  const token = await api.token(key);
  await api.verify(await api.request(key, token, { jti: 'the-jti' }));
  const [put] = puts;
  expect(put?.Item).toEqual({
    pk: { S: expect.stringMatching(/^[\w-]{43}$/) },
    use: { S: expect.stringMatching(/^[\w-]{16}$/) },
    ttl: { N: '1800000090' },
  });
});

const clientOf = (endpoint: string) =>
  new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

async function replayTable(url: string): Promise<string> {
  const client = clientOf(url);
  const TableName = `used-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists(
    { client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
    { TableName },
  );
  client.destroy();
  return TableName;
}
