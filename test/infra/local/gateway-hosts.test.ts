// A page elsewhere may have its own name point at this machine (DNS rebinding). The browser then takes the page for one
// of this origin, and only the Host header still tells.
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { startAwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { startSystem } from '#infra/local/run/system.ts';
import { serve } from '#test/support/loopback.ts';
import { gatewayOf, gatewayWith, rawRequest, sendRaw, statusOf, toy } from '#test/support/toys.ts';

const theirs = (port: number) => [
  'attacker.example',
  `attacker.example:${port}`,
  'localhost.attacker.example',
  `127.0.0.1.attacker.example:${port}`,
  `localhost:${port + 1}`,
  `localhost:${port}@attacker.example`,
  '169.254.169.254',
];
const ours = (port: number) => [
  `localhost:${port}`,
  `LOCALHOST:${port}`,
  `127.0.0.1:${port}`,
  `[::1]:${port}`,
  `app.localhost:${port}`,
];

const statuses = async (
  port: number,
  hosts: string[],
  lines: (host: string) => string[],
  body = '',
) =>
  Promise.all(
    hosts.map(async (host) => statusOf(await sendRaw(port, rawRequest(lines(host), body)))),
  );

test('functions are invoked by a name of this machine only', async () => {
  const ran = 'export const handler = async () => { console.log("ran"); return {}; };';
  const logged: string[] = [];
  const gateway = await gatewayWith([await toy(ran, { name: 'keys', routes: [] })], {
    onLog: (_, line) => logged.push(line),
  });
  const port = Number(new URL(gateway.lambdaUrl).port);
  const lines = (host: string) => [
    'POST /2015-03-31/functions/keys/invocations HTTP/1.1',
    `Host: ${host}`,
    'Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/lambda/aws4_request',
    'Content-Length: 2',
  ];
  expect(await statuses(port, theirs(port), lines, '{}')).toEqual(theirs(port).map(() => 421));
  expect(logged).toEqual([]);
  expect(await statuses(port, ours(port), lines, '{}')).toEqual(ours(port).map(() => 200));
  expect(logged).toHaveLength(ours(port).length);
});

test('a dev server behind the gateway hears nothing that came by another name', async () => {
  const seen: string[] = [];
  const { origin, server } = await serve((request, response) => {
    seen.push(request.url ?? '');
    response.end('SECRET SOURCE');
  });
  server.on('upgrade', (request, socket) => {
    seen.push(`upgrade ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const { port } = await gatewayWith([], { spa: { url: origin } });
  const page = (host: string) => ['GET /src/main.ts HTTP/1.1', `Host: ${host}`];
  expect(await statuses(port, theirs(port), page)).toEqual(theirs(port).map(() => 421));
  const socket = (host: string) =>
    `GET /?token=1 HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  for (const host of theirs(port)) {
    expect(statusOf(await sendRaw(port, socket(host))), host).toBe(421);
  }
  expect(seen).toEqual([]);
  expect(await statuses(port, ours(port), page)).toEqual(ours(port).map(() => 200));
  expect(statusOf(await sendRaw(port, socket(`localhost:${port}`)))).toBe(403);
});

test('the refusal names the address to use', async () => {
  const { port, url } = await gatewayWith([]);
  const answer = await sendRaw(port, rawRequest(['GET / HTTP/1.1', 'Host: attacker.example']));
  expect(answer).toContain(`Open ${url}`);
  expect(answer).not.toContain('attacker');
});

test('pages are served under the host of publicOrigin as well, as a proxy in front passes it on', async () => {
  const { origin } = await serve((_request, response) => response.end('app'));
  const system = await startSystem({
    port: 0,
    oktaPort: 0,
    environment: {},
    spa: { url: origin },
    config: { publicOrigin: 'https://app.dev.example' },
  });
  try {
    const { port } = system.gateway;
    const page = (host: string) => ['GET / HTTP/1.1', `Host: ${host}`];
    expect(await statuses(port, ['app.dev.example', 'evil.dev.example'], page)).toEqual([200, 421]);
    await system.redeploy({ publicOrigin: 'https://evil.dev.example' });
    expect(await statuses(port, ['app.dev.example', 'evil.dev.example'], page)).toEqual([421, 200]);
  } finally {
    await system.close();
  }
});

test('the stand-ins of KMS and DynamoDB answer by a name of this machine only', async () => {
  let asked = 0;
  const endpoint = await startAwsEndpoint({
    contentType: 'application/x-amz-json-1.1',
    answer: () => {
      asked += 1;
      return { status: 200, headers: {}, body: '{}' };
    },
  });
  try {
    const ask = async (host: string) => {
      const request = httpRequest(endpoint.url, {
        method: 'POST',
        headers: { host, 'x-amz-target': 'TrentService.Sign' },
      }).end('{}');
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    expect(await ask('attacker.example')).toBe(421);
    expect(await ask(`attacker.example:${new URL(endpoint.url).port}`)).toBe(421);
    expect(asked).toBe(0);
    expect(await ask(new URL(endpoint.url).host)).toBe(200);
  } finally {
    await endpoint.close();
  }
});

test('endpoints of the API do not care: a session is kept by the name that it was made under', async () => {
  const { port } = await gatewayOf('export const handler = async () => ({ statusCode: 200 });');
  const line = (host: string) => ['GET /bff/x HTTP/1.1', `Host: ${host}`];
  expect(await statuses(port, ['attacker.example'], line)).toEqual([200]);
});
