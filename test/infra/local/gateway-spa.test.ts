import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createViteServer } from 'vite';
import { expect, onTestFinished, test } from 'vitest';
import { contentSecurityPolicy } from '#infra/spa-headers.ts';
import { bodyOf, deadOrigin, serve } from '#test/support/loopback.ts';
import { echo, gatewayWith, rawRequest, sendRaw, statusOf, toy } from '#test/support/toys.ts';

async function appFolder() {
  const base = await mkdtemp(join(tmpdir(), 'spa-'));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const folder = join(base, 'app');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(base, 'secret.txt'), 'outside');
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>App</title>');
  await writeFile(join(folder, 'assets', 'app.js'), 'let x = 1;');
  await writeFile(join(folder, 'assets', 'logo.svg'), '<svg/>');
  return folder;
}

const gatewayWithApp = async () =>
  gatewayWith([await toy(echo)], { spa: { folder: await appFolder() } });

test('the landing is the same page with a session and without, reloaded or reached from another site', async () => {
  const { url } = await gatewayWithApp();
  const cookie = '__Host-Http-bff=x; __Host-Http-bff-login-y=z';
  const pages: [string, string | null, string | null][] = [];
  for (const headers of [{}, { cookie }, { cookie, 'sec-fetch-site': 'cross-site' }]) {
    const answer = await fetch(`${url}/users`, { headers });
    const { headers: got } = answer;
    pages.push([await answer.text(), got.get('set-cookie'), got.get('vary')]);
  }
  expect(pages[0]).toEqual([expect.stringContaining('App'), null, null]);
  expect(pages.slice(1)).toEqual([pages[0], pages[0]]);
});

test.each([
  ['/', 'text/html; charset=utf-8', 'App'],
  ['/users', 'text/html; charset=utf-8', 'App'],
  ['/users/00u1/edit?tab=2', 'text/html; charset=utf-8', 'App'],
  ['/users/', 'text/html; charset=utf-8', 'App'],
  ['/assets/app.js', 'text/javascript; charset=utf-8', 'let x'],
  ['/assets/logo.svg', 'image/svg+xml', '<svg/>'],
  ['/bffs', 'text/html; charset=utf-8', 'App'],
  ['/bff', 'text/html; charset=utf-8', 'App'],
  ['/bff?from=mail', 'text/html; charset=utf-8', 'App'],
])('%s is %s', async (path, type, content) => {
  const { url } = await gatewayWithApp();
  const answer = await fetch(url + path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe(type);
  expect(await answer.text()).toContain(content);
});

test('the pattern /bff/* takes /bff/ from the app, and API Gateway has no route for it', async () => {
  const { url } = await gatewayWithApp();
  const answer = await fetch(`${url}/bff/`);
  expect([answer.status, await answer.text()]).toEqual([404, '{"message":"Not Found"}']);
});

test('pages carry the security headers that CloudFront sets, and no HSTS on http', async () => {
  const { url } = await gatewayWithApp();
  const { headers } = await fetch(url);
  expect(headers.get('content-security-policy')).toBe(contentSecurityPolicy());
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('strict-transport-security')).toBeNull();
});

test('a missing file is 404, and not a page', async () => {
  const { url } = await gatewayWithApp();
  const answer = await fetch(`${url}/assets/none.js`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).not.toContain('App');
});

test('a known file is not sent again', async () => {
  const { url } = await gatewayWithApp();
  const first = await fetch(`${url}/assets/app.js`);
  const again = await fetch(`${url}/assets/app.js`, {
    headers: { 'if-none-match': first.headers.get('etag') ?? '' },
  });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe('');
});

test.each([
  '/..%2fsecret.txt',
  '/../secret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/%00.txt',
  '/%ff.txt',
])('%s does not lead out of the folder', async (path) => {
  const { port } = await gatewayWithApp();
  const answer = await sendRaw(port, rawRequest([`GET ${path} HTTP/1.1`, 'Host: localhost']));
  expect([400, 404]).toContain(statusOf(answer));
  expect(answer).not.toContain('outside');
});

test('a link does not lead out of the folder', async () => {
  const folder = await appFolder();
  await symlink(join(folder, '..', 'secret.txt'), join(folder, 'linked.txt'));
  const { url } = await gatewayWith([], { spa: { folder } });
  expect((await fetch(`${url}/linked.txt`)).status).toBe(404);
});

test('the app is only read', async () => {
  const { url } = await gatewayWithApp();
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
  const head = await fetch(url, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(await head.text()).toBe('');
});

test('without an app its paths say so', async () => {
  const { url } = await gatewayWith([]);
  const answer = await fetch(url);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('--spa');
});

test('a dev server is reached with path, query, method and body, without our cookies', async () => {
  const { origin } = await serve(async (request, response) => {
    response.setHeader('x-dev', 'yes');
    response.statusCode = 201;
    response.end(
      JSON.stringify({
        line: `${request.method} ${request.url}`,
        host: request.headers.host,
        cookie: request.headers.cookie,
        body: (await bodyOf(request)).toString(),
      }),
    );
  });
  const { url } = await gatewayWith([await toy(echo)], { spa: { url: origin } });
  const answer = await fetch(`${url}/src/main.ts?t=1`, {
    method: 'POST',
    body: 'hello',
    headers: {
      cookie:
        '__Host-Http-bff=secret; theme=dark; __Host-Http-bff-login-1=secret; __Host-bff-device=secret',
    },
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('x-dev')).toBe('yes');
  expect(await answer.json()).toEqual({
    line: 'POST /src/main.ts?t=1',
    host: new URL(origin).host,
    cookie: 'theme=dark',
    body: 'hello',
  });
  expect((await fetch(`${url}/bff/x`)).headers.get('x-dev')).toBeNull();
});

test('a server that renders pages gets the session and the proof of its device, and no sign-in under way', async () => {
  const { origin } = await serve((request, response) => response.end(request.headers.cookie));
  const { url } = await gatewayWith([], { spa: { url: origin, withCookie: true } });
  const cookie = '__Host-Http-bff=s; __Host-bff-device=d; theme=dark';
  const underWay = '__Host-Http-bff-login-1=l; __Host-Http-bff-tries=1; __Host-bff-device-2=x';
  const answer = await fetch(url, { headers: { cookie: `${underWay}; ${cookie}` } });
  expect(await answer.text()).toBe(cookie);
});

test('a dev server that cannot be reached is 502 and says what to do, and its page comes back with it', async () => {
  const origin = await deadOrigin();
  const { url } = await gatewayWith([], { spa: { url: origin } });
  const answer = await fetch(url);
  expect(answer.status).toBe(502);
  expect(await answer.text()).toContain(`Nothing answers at ${origin}`);
  const page = await fetch(url, { headers: { accept: 'text/html,*/*' } });
  expect(page.status).toBe(502);
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(await page.text()).toMatch(/http-equiv="refresh" content="1".*Nothing answers at/s);
});

test('the websocket of a dev server goes through both ways', async () => {
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Protocol: ${request.headers['sec-websocket-protocol']}\r\n\r\nwelcome;`,
    );
    socket.write(head);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await gatewayWith([], { spa: { url: target } });

  const client = httpRequest({
    host: '127.0.0.1',
    port: gateway.port,
    path: '/?token=1',
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'vite-hmr',
    },
  });
  client.end();
  const received = await new Promise<string>((resolve, reject) => {
    client.on('error', reject);
    client.on('upgrade', (answer, socket, head) => {
      let text = `${answer.headers['sec-websocket-protocol']};${head}`;
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.endsWith('ping')) {
          socket.destroy();
          resolve(text);
        }
      });
      socket.write('ping');
    });
  });
  expect(received).toBe('vite-hmr;welcome;ping');
});

test('Vite serves an app and reloads it through the gateway', async () => {
  const root = await appFolder();
  await writeFile(join(root, 'index.html'), '<script type="module" src="/assets/app.js"></script>');
  const vite = await createViteServer({
    root,
    configFile: false,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0 },
    optimizeDeps: { noDiscovery: true },
  });
  onTestFinished(() => vite.close());
  await vite.listen();
  const { port } = (vite.httpServer?.address() ?? { port: 0 }) as AddressInfo;
  const gateway = await gatewayWith([], { spa: { url: `http://127.0.0.1:${port}` } });

  expect(await (await fetch(`${gateway.url}/users/7`)).text()).toContain('/@vite/client');
  const client = await (await fetch(`${gateway.url}/@vite/client`)).text();
  const token = /wsToken = "([^"]+)"/.exec(client)?.[1];
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/?token=${token}`, 'vite-hmr');
  onTestFinished(() => socket.close());
  const messages: string[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(data));
  await expect.poll(() => messages[0]).toBe('{"type":"connected"}');
  vite.ws.send({ type: 'full-reload', path: '*' });
  await expect.poll(() => messages[1]).toContain('full-reload');
});

test('a dev server that refuses the websocket is heard', async () => {
  const { origin } = await serve((_request, response) => {
    response.statusCode = 403;
    response.end('no');
  });
  const gateway = await gatewayWith([], { spa: { url: origin } });
  const answer = await sendRaw(
    gateway.port,
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  expect(statusOf(answer)).toBe(403);
});

test.each([
  'http://example.com',
  'http://10.0.0.1:5173',
  'https://localhost:5173',
  'http://localhost.evil.example',
])('%s is not a dev server of this machine', async (url) => {
  await expect(gatewayWith([], { spa: { url } })).rejects.toThrow(
    'not an http URL on this machine',
  );
});
