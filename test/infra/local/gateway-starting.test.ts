import { expect, onTestFinished, test } from 'vitest';
import { startGateway } from '#infra/local/gateway/gateway.ts';
import { startSystem } from '#infra/local/run/system.ts';
import { echo, rawRequest, sendRaw, statusOf, toy } from '#test/support/toys.ts';

test('until the functions are deployed, pages and endpoints ask for patience', async () => {
  const gateway = await startGateway({
    mounts: { '/': (_request, response) => void response.end('the app') },
  });
  onTestFinished(() => gateway.close());
  for (const path of ['/bff/session', '/bff/login', '/', '/app.js']) {
    const answer = await fetch(gateway.url + path);
    expect([answer.status, answer.headers.get('retry-after')], path).toEqual([503, '1']);
    expect(answer.headers.get('cache-control'), path).toBe('no-store');
  }
  const page = await fetch(gateway.url, { headers: { accept: 'text/html' } });
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(await page.text()).toContain('http-equiv="refresh"');
  const upgrade =
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  expect(statusOf(await sendRaw(gateway.port, upgrade))).toBe(503);
  const bare = await sendRaw(gateway.port, rawRequest(['GET / HTTP/1.1', 'Host: localhost']));
  expect(statusOf(bare)).toBe(503);

  await gateway.deploy([await toy(echo)]);
  expect((await fetch(`${gateway.url}/bff/session`)).status).toBe(200);
  expect(await (await fetch(gateway.url)).text()).toBe('the app');
});

test('an app that is opened while the system starts shows no page before its endpoints work', async () => {
  const port = await freePort();
  const starting = startSystem({
    port,
    oktaPort: 0,
    environment: {},
    mounts: () => ({ '/': (_request, response) => void response.end('the app') }),
  });
  const seen = new Set<string>();
  let up = false;
  const look = async () => {
    while (!up) {
      const [page, session] = await Promise.all(
        ['/', '/bff/session'].map((path) =>
          fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-bff-csrf': '1' } }).then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      );
      seen.add(`${page}`).add(`${session}`);
    }
  };
  const looking = look();
  const system = await starting;
  up = true;
  await looking;
  await system.close();
  // 0: nobody listens yet.
  expect([...seen].filter((status) => !['0', '503', '200'].includes(status))).toEqual([]);
  expect(seen).toContain('503');
});

async function freePort(): Promise<number> {
  const gateway = await startGateway();
  await gateway.close();
  return gateway.port;
}
