// A stream of a bound session goes on as long as the cookie with which it began.
import { createHash } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aDevice, offered, postProof, signInBound } from '#test/support/device.ts';
import { running, sessionName } from '#test/support/running.ts';
import { event, reading, type Talk, talking } from '#test/support/streams.ts';
import type { Visitor } from '#test/support/visitor.ts';

const ticking: Talk = ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(event(1));
};
let api: Awaited<ReturnType<typeof talking>>;
beforeAll(async () => {
  api = await talking({ events: ticking }, afterAll);
});

const run = running(() => ({
  config: {
    session: { deviceBound: 'prefer' },
    streaming: true,
    streams: { checkSeconds: 0.05 },
    routes: [
      {
        path: '/bff/api/live/*',
        upstream: api.origin,
        wholeHost: true,
        stream: true,
        token: 'none',
      },
    ],
  },
}));

const opened = async (visit: Visitor) => {
  const cookie = visit.cookieNames().map((name) => `${name}=${visit.cookie(name)}`);
  const headers = { cookie: cookie.join('; ') };
  const stream = await reading(run.system.url, visit, '/bff/api/live/events', { headers });
  await stream.until(event(1));
  return stream;
};

const whyEnded = (from: number) =>
  expect.poll(() => run.logged('stream.ended', from).map(({ why }) => why));

/** As if the cookies would end in so many seconds from now. */
const cookieEnds = (visit: Visitor, inSeconds: number) =>
  run.table.send(
    new UpdateItemCommand({
      TableName: run.system.table,
      Key: {
        pk: {
          S: `session#${createHash('sha256')
            .update(visit.cookie(sessionName) ?? '')
            .digest('base64url')}`,
        },
        sk: { S: 'session' },
      },
      UpdateExpression: 'SET #end = :end',
      ExpressionAttributeNames: { '#end': 'deviceCookieEndsAt' },
      ExpressionAttributeValues: {
        ':end': { N: String(Math.floor(Date.now() / 1000) + inSeconds) },
      },
    }),
  );

test('it ends with that cookie, also when the browser has a newer one by then', async () => {
  const ada = run.someone();
  const { device, challenge } = await signInBound(ada);
  await cookieEnds(ada, 3);
  const from = run.system.logs.length;
  const stream = await opened(ada);
  expect((await postProof(ada, 'refresh', await device.proof(challenge))).status).toBe(200);
  await stream.end();
  await whyEnded(from).toEqual(['device_not_proven']);
  await opened(ada);
});

test('one that a copy of the session cookie opened ends as soon as the session is bound', async () => {
  const ada = run.someone();
  const challenge = await offered(ada);
  const from = run.system.logs.length;
  const stream = await opened(ada);
  await postProof(ada, 'register', await (await aDevice()).registration(challenge));
  await stream.end();
  await whyEnded(from).toEqual(['device_not_proven']);
});

test('it does not begin without the cookie', async () => {
  const ada = run.someone();
  await signInBound(ada);
  ada.forget('__Host-bff-device');
  expect((await ada.fetch('/bff/api/live/events')).status).toBe(401);
});
