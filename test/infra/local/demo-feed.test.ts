import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { callFromAnotherSite } from '#infra/local/demo/another-site.ts';
import { localFeed } from '#infra/local/demo/feed.ts';
import { serve } from '../../support/loopback.ts';

/** A page's request as the browser labels it; fetch would not let a test say so. */
function ask(url: string, headers: Record<string, string>, method = 'GET', sent?: string) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const call = request(url, { method, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part) => {
        body += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    call.on('error', reject).end(sent);
  });
}

const line = (message: string, more = {}) => ({
  function: 'auth',
  line: JSON.stringify({
    message,
    request_id: 'r1',
    timestamp: '2026-11-30T21:13:23.649Z',
    ...more,
  }),
});

async function feed(logs: ReturnType<typeof line>[] = []) {
  const seen: string[] = [];
  const okta = await serve((req, res) => {
    seen.push(`${req.method} ${req.url}`);
    res.end('[]');
  });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  server.on('request', localFeed({ url, okta: { issuer: okta.origin } as never, logs }));
  const to = url.replace('localhost', '127.0.0.1');
  const host = new URL(url).host;
  return {
    seen,
    ask: (path: string, headers = {}, method?: string, sent?: string) =>
      ask(to + path, { host, ...headers }, method, sent),
  };
}

const ours = { 'sec-fetch-site': 'same-origin' };

test('the feed goes to pages of this origin', async () => {
  const { ask, seen } = await feed();
  expect(await ask('/__local/events', ours)).toEqual({ status: 200, body: '[]' });
  expect(seen).toEqual(['GET /__local/events']);
});

test('what browsers did for their bound sessions is read from the log, and nothing else is', async () => {
  const logs = [
    line('login.completed'),
    { function: 'auth', line: 'START "device." not JSON' },
    line('device.refreshed'),
    line('device.proof_refused', { reason: 'late' }),
    line('device.skipped', { reason: 'unreachable' }),
  ];
  const { ask } = await feed(logs);
  expect(JSON.parse((await ask('/__local/device', ours)).body)).toEqual([
    { id: 'r1', at: 1796073203649, what: 'refreshed' },
    { id: 'r1', at: 1796073203649, what: 'refused', reason: 'late' },
  ]);
  expect((await ask('/__local/device')).status).toBe(403);
});

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a sibling site', { 'sec-fetch-site': 'same-site' }],
  ['a typed address', { 'sec-fetch-site': 'none' }],
  ['no browser', {}],
  ['a name that only points here', { ...ours, host: 'rebound.example' }],
])('the feed does not go to %s', async (_, headers) => {
  const { ask, seen } = await feed();
  expect((await ask('/__local/events', headers)).status).toBe(403);
  expect((await ask('/__local/thefts', headers, 'POST')).status).toBe(403);
  expect(seen).toEqual([]);
});

test.each([
  ['GET', '/__local/faults'],
  ['POST', '/__local/faults'],
  ['POST', '/__local/universal-logout'],
  ['GET', '/__local/../oauth2/v1/keys'],
])('only what the page needs is passed on, not %s %s', async (method, path) => {
  const { ask, seen } = await feed();
  expect((await ask(path, ours, method)).status).toBe(404);
  expect(seen).toEqual([]);
});

test('a theft that cannot be read has an answer, and the system goes on', async () => {
  const { ask, seen } = await feed();
  expect((await ask('/__local/orders/thefts', ours, 'POST', '{')).status).toBe(502);
  expect((await ask('/__local/events', ours)).status).toBe(200);
  expect(seen).toEqual(['GET /__local/events']);
});

test('a broker that answers a page is a failed attempt, and the system goes on', async () => {
  const broker = await serve((_, res) => res.end('<html>'));
  await expect(callFromAnotherSite(broker.origin, '')).rejects.toThrow(SyntaxError);
});
