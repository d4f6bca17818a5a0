// Device-bound sessions in a real Chromium, over TLS, with keys in software: what the browser does by itself, and what a
// copy of its cookies is worth.
import { createHash, X509Certificate } from 'node:crypto';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { throttled } from '#infra/local/aws/endpoint.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { deviceName } from '#test/support/device.ts';
import { part, sessionName } from '#test/support/running.ts';
import { selfSigned } from '#test/support/self-signed.ts';
import { launch } from './browser.ts';

let system: System;
let tls: Server;
let origin: string;
let browser: Browser;
let table: DynamoDBClient;
/** What Chromium asked of the two endpoints, with the answers. */
const asked: string[] = [];

/** Chromium takes the certificate for a valid one. */
const trusted = createHash('sha256')
  .update(new X509Certificate(selfSigned.cert).publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64');

beforeAll(async () => {
  tls = createServer(selfSigned, (incoming, outgoing) => passOn(incoming, outgoing));
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  origin = `https://localhost:${(tls.address() as AddressInfo).port}`;
  system = await startSystem({
    port: 0,
    oktaPort: 0,
    lambdaPort: 0,
    environment: {},
    config: { publicOrigin: origin, session: { deviceBound: 'prefer' } },
  });
  table = new DynamoDBClient({
    region,
    endpoint: part(system.dynamodb).url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  browser = await launch([
    `--ignore-certificate-errors-spki-list=${trusted}`,
    '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
  ]);
});
beforeEach(() => {
  asked.length = 0;
  system.dynamodb?.faults.reset();
});
afterAll(async () => {
  await browser?.close();
  table?.destroy();
  await system?.close();
  tls?.close();
});

function passOn(incoming: IncomingMessage, outgoing: ServerResponse) {
  const { method, url = '', headers } = incoming;
  const to = new URL(system.url);
  const passed = request(
    { host: '127.0.0.1', port: to.port, method, path: url, headers },
    (got) => {
      if (url.startsWith('/bff/device/')) asked.push(`${url.slice(12)} ${got.statusCode}`);
      outgoing.writeHead(got.statusCode ?? 502, got.rawHeaders);
      got.pipe(outgoing);
    },
  );
  passed.on('error', () => outgoing.destroy());
  incoming.pipe(passed);
}

const status = (page: Page, path = '/bff/api/v1/users?limit=1'): Promise<number> =>
  page.evaluate(async (at) => (await fetch(at, { headers: { 'x-bff-csrf': '1' } })).status, path);

const isBound = (page: Page): Promise<unknown> =>
  page.evaluate(
    async () =>
      (await (await fetch('/bff/session', { headers: { 'x-bff-csrf': '1' } })).json()).bound,
  );

async function signedIn(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${origin}/bff/login`);
  await page.getByRole('button', { name: /Ada/ }).click();
  await page.waitForURL(`${origin}/`);
  await expect.poll(() => asked.at(-1)).toBe('register 200');
  await expect.poll(() => isBound(page)).toBe(true);
  return { context, page };
}

/** Ten minutes later: the browser has dropped the cookie, and the table no longer accepts it. */
async function tenMinutesPass(context: BrowserContext): Promise<void> {
  const cookies = await context.cookies(origin);
  const secret = cookies.find(({ name }) => name === sessionName)?.value ?? '';
  const id = createHash('sha256').update(secret).digest('base64url');
  await table.send(
    new UpdateItemCommand({
      TableName: system.table,
      Key: { pk: { S: `session#${id}` }, sk: { S: 'session' } },
      UpdateExpression: 'SET deviceCookieEndsAt = :past',
      ExpressionAttributeValues: { ':past': { N: '1' } },
    }),
  );
  await context.clearCookies({ name: deviceName });
}

test('a sign-in binds, the bound cookie runs out, and a call goes on without the page noticing', async () => {
  const { context, page } = await signedIn();
  expect(await status(page)).toBe(200);
  await tenMinutesPass(context);
  expect(await status(page)).toBe(200);
  expect(asked.filter((one) => one === 'refresh 200')).toHaveLength(1);
  const names = (await context.cookies(origin)).map(({ name }) => name);
  expect(names).toContain(deviceName);
  await context.close();
});

test('all cookies in another profile are worth nothing once the ten minutes are over, and the owner notices nothing', async () => {
  const { context, page } = await signedIn();
  const thief = await browser.newContext();
  await thief.addCookies(await context.cookies(origin));
  const elsewhere = await thief.newPage();
  await elsewhere.goto(`${origin}/`);
  expect(await status(elsewhere)).toBe(200);
  await tenMinutesPass(context);
  expect(await status(elsewhere)).toBe(401);
  expect(await status(page)).toBe(200);
  expect(await status(elsewhere)).toBe(401);
  expect(await isBound(page)).toBe(true);
  await thief.close();
  await context.close();
});

test('a table that is away costs no key: the next call renews the cookie', async () => {
  const { context, page } = await signedIn();
  await tenMinutesPass(context);
  part(system.dynamodb).faults.fault = () => throttled;
  expect(await status(page)).toBe(503);
  expect(asked).toContain('refresh 503');
  part(system.dynamodb).faults.reset();
  await expect.poll(() => status(page)).toBe(200);
  expect(asked.at(-1)).toBe('refresh 200');
  await context.close();
});

test('signing out makes the browser forget the key', async () => {
  const { context, page } = await signedIn();
  const left = await page.evaluate(
    async () =>
      (await fetch('/bff/logout', { method: 'POST', headers: { 'x-bff-csrf': '1' } })).status,
  );
  expect(left).toBe(204);
  expect(await context.cookies(origin)).toEqual([]);
  await status(page, '/bff/session');
  await expect.poll(() => asked.at(-1)).toBe('refresh 401');
  const before = asked.length;
  for (let i = 0; i < 3; i += 1) await status(page, '/bff/session');
  expect(asked).toHaveLength(before);
  await context.close();
});
