import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { walkThroughSignIn } from '#infra/local/sessions/walk.ts';
import { serve } from '#test/support/loopback.ts';
import { answers, freely, npmStart } from '#test/support/npm-start.ts';

const portOf = (url: string) => Number(new URL(url).port);

/** All URLs that the start told. */
const urlsOf = (text: string) => [...text.matchAll(/http:\/\/[\w.]+:\d+/g)].map(([url]) => url);

const addressesOfThisMachine = () =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);

async function file(name: string, content: string) {
  const folder = await mkdtemp(join(tmpdir(), 'start-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function takenPort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

test('it says what runs, two sign-ins, and once that it is ready, on loopback only; a signal ends it all', async () => {
  const run = npmStart(freely);
  const url = await run.ready;
  expect(run.stdout()).toMatch(/ada \/ \S+/);
  expect(run.stdout()).toMatch(/grace \/ \S+/);
  expect(run.stdout()).toContain(`${url}/inside`);
  expect(run.stdout()).not.toContain('\x1b');
  expect(run.stdout().match(/^ready /gm)).toHaveLength(1);
  expect(run.stdout().endsWith(`ready ${url}\n`)).toBe(true);
  expect(run.stderr()).toBe('');
  const signIn = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const state = await fetch(`${url}/__local/sessions`, { ...signIn, body: '{"user":"ada"}' });
  expect(await state.json()).toMatchObject({ cookies: [{ httpOnly: true, domain: 'localhost' }] });
  const ports = new Set(urlsOf(run.stdout()).map(portOf));
  expect(ports.size).toBe(5);
  for (const port of ports) {
    expect(await answers(port)).toBe(true);
    for (const address of addressesOfThisMachine())
      expect(await answers(port, address)).toBe(false);
  }
  process.kill(run.pid, 'SIGTERM');
  expect(await run.exited).toEqual({ code: 0, signal: null });
  for (const port of ports) expect(await answers(port)).toBe(false);
});

test('with --https the app is on TLS: whoever trusts the file that it names signs in, and nobody else reads a byte', async () => {
  const config = await file('bff.json', '{"session":{"deviceBound":"prefer"}}');
  const run = npmStart([...freely, '--https', '--config', config]);
  const url = await run.ready;
  expect(url).toMatch(/^https:\/\/localhost:\d+$/);
  expect(run.stdout().match(/localhost\.pem, it warns/g)).toHaveLength(1);
  await expect(fetch(`${url}/bff/health`)).rejects.toMatchObject({
    cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  });
  await expect(fetch(url.replace('https', 'http'))).rejects.toThrow();
  const before = getCACertificates('default');
  onTestFinished(() => setDefaultCACertificates(before));
  const [, path = ''] = /trusts (\S+localhost\.pem)/.exec(run.stdout()) ?? [];
  setDefaultCACertificates([await readFile(path, 'utf8')]);
  const cookie = await walkThroughSignIn(url, 'ada');
  const headers = { cookie: `${cookie.name}=${cookie.value}`, 'x-bff-csrf': '1' };
  const ask = async (path: string) => (await fetch(url + path, { headers })).json();
  expect(await ask('/bff/session')).toMatchObject({ authenticated: true, bound: false });
  expect(await ask('/bff/api/v1/users/me')).toMatchObject({ status: 'ACTIVE' });
  expect(await (await fetch(`${url}/inside`)).text()).toContain('<title>');
  const signIn = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const state = await fetch(`${url}/__local/sessions`, { ...signIn, body: '{"user":"ada"}' });
  expect(await state.json()).toMatchObject({ cookies: [{ secure: true, domain: 'localhost' }] });
  process.kill(run.pid, 'SIGTERM');
  expect(await run.exited).toEqual({ code: 0, signal: null });
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});

test('what it says is coloured where that is wanted, but the line that scripts wait for is not', async () => {
  const run = npmStart(freely, { FORCE_COLOR: '1' });
  const url = await run.ready;
  expect(run.stdout()).toContain('\x1b[1mapp');
  expect(run.stdout().endsWith(`\nready ${url}\n`)).toBe(true);
});

test('Ctrl-C, which reaches launcher and system, ends it with 0', async () => {
  const run = npmStart(freely);
  const port = portOf(await run.ready);
  process.kill(-run.pid, 'SIGINT');
  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(await answers(port)).toBe(false);
});

test('Ctrl-C while it starts ends it, too', async () => {
  const run = npmStart(freely);
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(-run.pid, 'SIGINT');
  const { code } = await run.exited;
  expect([0, 130]).toContain(code);
});

test('it does not outlive a launcher that is killed', async () => {
  const run = npmStart(freely);
  const port = portOf(await run.ready);
  process.kill(run.pid, 'SIGKILL');
  await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(false);
});

test.each([
  ['--port', freely.with(1, '')],
  ['--okta-port', freely.with(3, '')],
])('a taken port is one line that names %s', async (flag, args) => {
  const port = await takenPort();
  const run = npmStart(args.map((arg) => arg || port));
  expect(await run.exited).toEqual({ code: 1, signal: null });
  expect(run.stderr()).toBe(
    `error: port ${port} is taken; free it, or choose another with ${flag} <number>\n`,
  );
  expect(run.stdout()).toBe('');
});

test('an unknown flag is one line', async () => {
  const run = npmStart(['--prot', '3000']);
  expect(await run.exited).toEqual({ code: 1, signal: null });
  expect(run.stderr()).toMatch(/^error: Unknown option '--prot'.*--help\n$/);
});

test('a wrong configuration is one error that names every field', async () => {
  const config = { issuer: 'http://acme.okta.com', clientID: 'x', par: 'maybe' };
  const run = npmStart([...freely, '--config', await file('bff.json', JSON.stringify(config))]);
  expect(await run.exited).toEqual({ code: 1, signal: null });
  for (const field of ['issuer', 'clientId', 'clientID', 'par']) {
    expect(run.stderr()).toMatch(new RegExp(`- ${field}: `));
  }
  expect(run.stdout()).toBe('');
});

test('a configuration with keyRotation is accepted, with a note that nothing rotates keys here', async () => {
  const config = await file('bff.json', JSON.stringify({ keyRotation: { everyDays: 90 } }));
  const run = npmStart([...freely, '--config', config]);
  await run.ready;
  expect(run.stdout()).toContain('keyRotation is for deployments: here, npm run operator');
});

test('--help tells the flags', async () => {
  const run = npmStart(['--help']);
  expect((await run.exited).code).toBe(0);
  expect(run.stdout()).toContain('--okta-port');
});

test('with an issuer it tells what to register; metadata that is unusable is a warning', async () => {
  const { origin } = await serve((_request, response) => {
    response.end(
      JSON.stringify({
        issuer: 'https://other.example',
        authorization_endpoint: 'http://elsewhere.example/authorize',
        token_endpoint: `${origin}/token`,
        jwks_uri: `${origin}/keys`,
      }),
    );
  });
  const config = await file('bff.json', JSON.stringify({ issuer: origin, clientId: '0oa1' }));
  const run = npmStart([...freely, '--config', config]);
  const url = await run.ready;
  for (const address of [`${url}/bff/callback`, `${url}/\n`, `${url}/bff/jwks`]) {
    expect(run.stdout()).toContain(address);
  }
  expect(run.stdout()).not.toContain('Sign in ');
  expect(run.stderr()).toMatch(/^warning: .*issuer is not the configured issuer/);
  expect(run.stderr()).toContain("authorization_endpoint is not on the issuer's host");
  expect(run.stderr().trim().split('\n')).toHaveLength(1);
});

test('it warns of sessions that are to be bound over plain http, and not with --https', async () => {
  const config = await file('bff.json', JSON.stringify({ session: { deviceBound: 'prefer' } }));
  const plain = npmStart([...freely, '--config', config]);
  await plain.ready;
  await expect
    .poll(plain.stderr)
    .toMatch(/^warning: session\.deviceBound: .*npm start -- --https/m);
  const tls = npmStart([...freely, '--https', '--config', config]);
  await tls.ready;
  expect(tls.stderr()).not.toContain('deviceBound');
});
