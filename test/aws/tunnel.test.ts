// The stand-in behind a tunnel: a small reverse proxy, with another origin and, as many tunnels do, another Host.
import { request as httpRequest, type RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { deadOrigin, serve } from '#test/support/loopback.ts';
import { begin } from '#test/support/sign-in-steps.ts';
import { visitor } from '#test/support/visitor.ts';
import { type OpenTunnel, openTunnel } from './tunnel.ts';

/** Forwards to `target.port`, which may be known later. */
const forward =
  (target: { port: number }): RequestListener =>
  (request, response) => {
    const headers = { ...request.headers, host: `localhost:${target.port}` };
    const { method, url: path } = request;
    const on = httpRequest({ host: '127.0.0.1', port: target.port, method, path, headers });
    on.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    on.on('error', () => response.writeHead(502).end());
    request.pipe(on);
  };

const freePort = async () => Number(new URL(await deadOrigin()).port);
const nobody = { ask: async () => {} };

describe('behind a tunnel', () => {
  let origin: string;
  let tunnel: OpenTunnel;
  let system: System;
  const standIn = { port: 0 };
  const asked: string[] = [];

  beforeAll(async () => {
    ({ origin } = await serve(forward(standIn), afterAll));
    standIn.port = await freePort();
    tunnel = await openTunnel({
      origin,
      ...standIn,
      clientId: 'bff-smoke',
      ask: async (what) => void asked.push(what),
    });
    system = await startSystem({
      port: 0,
      lambdaPort: 0,
      config: { issuer: tunnel.issuer, clientId: tunnel.clientId },
    });
    const keys = await serve(forward({ port: Number(new URL(system.url).port) }), afterAll);
    tunnel.register({
      redirectUri: `${system.url}/bff/callback`,
      signOutRedirectUri: `${system.url}/`,
      // An address that the stand-in would not call for anything else.
      jwksUri: `${keys.origin.replace('127.0.0.1', '[::ffff:127.0.0.1]')}/bff/jwks`,
    });
  });
  afterAll(async () => {
    await system?.close();
    await tunnel?.close();
  });

  test('the person is told where the tunnel must lead, and the password', () => {
    expect(asked).toEqual([expect.stringContaining(`lead to http://127.0.0.1:${standIn.port}`)]);
    expect(asked[0]).toContain(tunnel.password);
  });

  test('the metadata names the public origin only, whatever the tunnel and the caller say', async () => {
    const answer = await fetch(`${origin}/.well-known/openid-configuration`, {
      headers: { 'x-forwarded-host': 'elsewhere.example', 'x-forwarded-proto': 'https' },
    });
    const metadata = (await answer.json()) as Record<string, unknown>;
    expect(metadata.issuer).toBe(origin);
    const urls = Object.values(metadata).filter((value) => /^https?:/.test(String(value)));
    expect(urls.length).toBeGreaterThan(6);
    expect(urls.filter((url) => new URL(String(url)).origin !== origin)).toEqual([]);
  });

  test('somebody with the password signs in, and nobody without it', async () => {
    const visit = visitor(system.url);
    const page = await visit.navigate((await begin(visit)).href);
    expect(page.url.origin).toBe(origin);
    expect(page.text).not.toContain('local-only');
    const attempt = (form: Record<string, string>) =>
      visit.navigate(page.url.href, { from: origin, form });
    expect((await attempt({ sample: 'ada' })).status).toBe(401);
    expect((await attempt({ username: 'ada', password: 'local-only' })).status).toBe(401);
    const session = async () => (await visit.fetch('/bff/session')).json();
    expect(await session()).toMatchObject({ authenticated: false });
    await attempt({ username: 'ada', password: tunnel.password });
    expect(await session()).toMatchObject({ authenticated: true });
  });

  test('there is no switchboard', async () => {
    for (const at of [origin, `http://127.0.0.1:${standIn.port}`]) {
      expect((await fetch(`${at}/__local/people`)).status).toBe(404);
    }
  });
});

test('a tunnel that does not answer is refused, and the stand-in ends', async () => {
  const origin = await deadOrigin();
  const port = await freePort();
  const opened = openTunnel({ origin, port, clientId: 'bff-smoke', ...nobody });
  await expect(opened).rejects.toThrow(`${origin} does not answer: connect ECONNREFUSED`);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
});

test.each([
  [
    'somewhere else',
    (_: unknown, response: { end(text: string): void }) => response.end('{"keys":[]}'),
  ],
  ['to nothing', forward({ port: 1 })],
])('a tunnel that leads %s is refused', async (_, listener) => {
  const { origin } = await serve(listener as RequestListener);
  const opened = openTunnel({ origin, port: await freePort(), clientId: 'bff-smoke', ...nobody });
  await expect(opened).rejects.toThrow(`${origin} does not lead to http://127.0.0.1:`);
});
