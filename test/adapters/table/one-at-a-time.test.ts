import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Dynamodb, sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { tableForTests } from '../table-for-tests.ts';

let server: AwsEndpoint;
beforeAll(async () => {
  server = await startDynamodb();
});
afterAll(() => server.close());

test('a store makes one call at a time, and none is under way when it has answered', async () => {
  const { client, table } = await tableForTests(server.url);
  const real = sdkDynamodb(client);
  let [underWay, most] = [0, 0];
  const dynamodb: Dynamodb = async (operation, input) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    return real(operation, input).finally(() => {
      underWay -= 1;
    });
  };
  const sessions = sessionStore(dynamodb, table);
  const marks = markStore(dynamodb, table);
  const id = randomUUID();
  const now = Math.floor(Date.now() / 1000);
  const key = { id: 'key', jkt: 'jkt', alg: 'ES256' } as const;
  const steps: [string, () => Promise<unknown>][] = [
    [
      'create',
      () =>
        sessions.create(
          {
            id,
            version: 1,
            sealed: Buffer.from('a'),
            key,
            index: { subject: 'ada' },
            createdAt: now,
            lastSeenAt: now,
            idleSeconds: 600,
            expiresAt: now + 3600,
            stepUps: 0,
          },
          { as: 'n' },
        ),
    ],
    ['touch', () => sessions.touch(id, now + 1)],
    ['takeLease', () => sessions.takeLease(id, 1, { owner: 'me', until: now + 9 })],
    ['countStepUp', () => sessions.countStepUp(id, 1)],
    [
      'replaceTokens',
      () =>
        sessions.replaceTokens(id, { owner: 'me', version: 1 }, { sealed: Buffer.from('b'), key }),
    ],
    ['freeLease', () => sessions.freeLease(id, 'me')],
    ['saveNonce', () => sessions.saveNonce(id, 'as', 'm')],
    ['takeStream', () => sessions.takeStream(id, 0, now, now - 60)],
    ['freeStream', () => sessions.freeStream(id, 0, now)],
    ['markSignedOut', () => marks.markSignedOut('ada', now)],
    ['useUp', () => marks.useUp('jti', now + 60)],
    ['end', () => sessions.end(id)],
  ];
  for (const [name, step] of steps) {
    most = 0;
    await step();
    expect([name, most, underWay]).toEqual([name, 1, 0]);
  }
  client.destroy();
});
