// One session cannot hold every environment of the function that streams.
import type { ServerResponse } from 'node:http';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { running } from '#test/support/running.ts';
import { event, type Reading, reading, type Talk, talking } from '#test/support/streams.ts';
import type { Visitor } from '#test/support/visitor.ts';

const most = 3;
const eventually = { timeout: 20_000 };
const sse = { 'content-type': 'text/event-stream' };
const ticking: Talk = ({ response }) => response.writeHead(200, sse).write(event(1));
const unanswered: ServerResponse[] = [];
const talks: Record<string, Talk> = {
  events: ticking,
  export: ({ response }) => response.writeHead(200, { 'content-type': 'text/csv' }).write('a,b\n'),
  json: ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  sized: ({ response }) =>
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok'),
  mute: ({ response }) => void unanswered.push(response),
  // Looks like an answer that ends in a moment.
  dripping: ({ response }) =>
    response.writeHead(200, { 'content-type': 'application/json' }).write('['),
};

let api: Awaited<ReturnType<typeof talking>>;
beforeAll(async () => {
  api = await talking(talks, afterAll);
});
beforeEach(() => void api.forget());

const run = running(() => ({
  config: {
    streaming: true,
    streams: { maxPerSession: most, checkSeconds: 0.05 },
    routes: [
      {
        path: '/bff/api/live/*',
        upstream: `${api.origin}/`,
        wholeHost: true,
        methods: ['GET', 'HEAD', 'POST'] as const,
      },
    ].map((route) => ({ ...route, methods: [...route.methods] })),
  },
}));

const open = (user: Visitor, name = 'events', more?: Parameters<typeof reading>[3]) =>
  reading(run.system.url, user, `/bff/api/live/${name}`, more);
const several = (user: Visitor, count: number, name?: string): Promise<Reading[]> =>
  Promise.all(Array.from({ length: count }, () => open(user, name)));
const leaveAll = (streams: Reading[]) => {
  for (const stream of streams) stream.leave();
};
const placesOf = async (): Promise<string[]> =>
  (await run.items('session#'))
    .filter(({ sk }) => sk?.S === 'nonces')
    .flatMap((item) => Object.keys(item).filter((name) => name.startsWith('stream')));

describe('a session that has as many streams as it may', () => {
  test('gets no more: 429, and when to come back; nothing is sent for it', async () => {
    const ada = await run.signedIn();
    const streams = await several(ada, most);
    for (const stream of streams) await stream.until(event(1));
    expect(streams.map(({ status }) => status)).toEqual(Array(most).fill(200));
    api.forget();
    for (const method of ['GET', 'POST']) {
      const { result, writes } = await run.asked(() => open(ada, 'events', { method }));
      expect(result.status).toBe(429);
      expect(result.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse((await result.end()).text)).toMatchObject({ code: 'too_many_requests' });
      const wait = Number(result.headers['retry-after']);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(60);
      expect(writes).toBe(0);
    }
    expect(api.forget()).toEqual([]);
    // Nobody else is touched, nor is another session of the same user.
    const others = [await open(await run.signedIn('grace')), await open(await run.signedIn())];
    expect(others.map(({ status }) => status)).toEqual([200, 200]);
    leaveAll([...streams, ...others]);
    await expect.poll(placesOf, eventually).toEqual([]);
  });

  test('has a place again when one of them ends', async () => {
    const ada = await run.signedIn();
    const streams = await several(ada, most);
    const { response } = await api.next();
    response.end();
    await expect.poll(async () => (await placesOf()).length, eventually).toBe(most - 1);
    const next = await open(ada);
    expect(next.status).toBe(200);
    leaveAll([...streams, next]);
    await expect.poll(placesOf, eventually).toEqual([]);
  });

  test('gets no more of them even when many begin at the same moment', async () => {
    const ada = await run.signedIn();
    const streams = await several(ada, most * 4, 'export');
    const statuses = streams.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(most);
    expect(statuses.filter((status) => status === 429)).toHaveLength(most * 3);
    leaveAll(streams);
    await expect.poll(placesOf, eventually).toEqual([]);
  });

  test('gives the place of the oldest away once that is a minute old', async () => {
    const ada = await run.signedIn();
    const streams = await several(ada, most);
    const item = (await run.items('session#')).find((one) => 'stream1' in one);
    await run.table.send(
      new UpdateItemCommand({
        TableName: run.system.table,
        Key: { pk: item?.pk ?? { S: '' }, sk: item?.sk ?? { S: '' } },
        UpdateExpression: 'SET stream1 = :then',
        ExpressionAttributeValues: { ':then': { N: String(Date.now() / 1000 - 61) } },
      }),
    );
    const next = await open(ada);
    expect(next.status).toBe(200);
    await expect
      .poll(() => run.logged('stream.ended').map(({ why }) => why), eventually)
      .toContain('too_many_streams');
    leaveAll([...streams, next]);
    await expect.poll(placesOf, eventually).toEqual([]);
  });
});

test('a call that waits for its answer takes a place, and is refused when there is none', async () => {
  const ada = await run.signedIn();
  const waiting = Array.from({ length: most + 2 }, () => open(ada, 'mute'));
  const refused = await Promise.race(waiting);
  expect(refused.status).toBe(429);
  expect(JSON.parse((await refused.end()).text)).toMatchObject({ code: 'too_many_requests' });
  await expect.poll(async () => (await placesOf()).length, eventually).toBe(most);
  for (const response of unanswered) response.writeHead(200).end();
  await Promise.all(waiting);
  await expect.poll(placesOf, eventually).toEqual([]);
});

describe('an answer that is over in a moment', () => {
  test.each(['json', 'sized'])('takes no place and writes nothing: %s', async (name) => {
    const ada = await run.signedIn();
    await (await open(ada, name)).end();
    const { writes } = await run.asked(async () => {
      for (let call = 0; call < 10; call++) {
        const answer = await open(ada, name);
        expect(answer.status).toBe(200);
        await answer.end();
      }
    });
    expect(writes).toBe(0);
  });

  test('takes one when it lasts all the same, and is cut when there is none', async () => {
    const ada = await run.signedIn();
    const drips = await several(ada, most + 2, 'dripping');
    expect(drips.map(({ status }) => status)).toEqual(Array(most + 2).fill(200));
    await expect.poll(async () => (await placesOf()).length, eventually).toBe(most);
    await expect
      .poll(
        () => run.logged('stream.ended').filter(({ why }) => why === 'too_many_streams').length,
        eventually,
      )
      .toBeGreaterThanOrEqual(2);
    leaveAll(drips);
    await expect.poll(placesOf, eventually).toEqual([]);
  });
});
