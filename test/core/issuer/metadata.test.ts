import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { issuerOf } from '#core/issuer/issuer.ts';
import { metadataFaults, metadataUrls } from '#core/issuer/metadata.ts';
import { selfSigned } from '#test/support/self-signed.ts';

const issuer = 'https://acme.okta.example';
const sound = {
  issuer,
  authorization_endpoint: `${issuer}/oauth2/v1/authorize`,
  token_endpoint: `${issuer}/oauth2/v1/token`,
  jwks_uri: `${issuer}/oauth2/v1/keys`,
  dpop_signing_alg_values_supported: ['RS256', 'ES256'],
  code_challenge_methods_supported: ['S256'],
};
const faults = (more: object) => metadataFaults({ ...sound, ...more }, issuer, 'ES256');

test('the metadata document is beside the issuer, or between host and path', () => {
  expect(metadataUrls('https://acme.okta.example/oauth2/default').map(String)).toEqual([
    'https://acme.okta.example/oauth2/default/.well-known/openid-configuration',
    'https://acme.okta.example/.well-known/oauth-authorization-server/oauth2/default',
  ]);
});

describe('a document', () => {
  test('that is sound has no fault, with or without the optional lists', () => {
    expect(faults({})).toEqual([]);
    const { dpop_signing_alg_values_supported: _, ...least } = sound;
    expect(metadataFaults(least, issuer, 'RS256')).toEqual([]);
  });

  test.each([
    ['of another issuer', { issuer: `${issuer}/` }, 'issuer'],
    ['of the same in upper case', { issuer: 'https://ACME.okta.example' }, 'issuer'],
    [
      'with a plain-http endpoint',
      { token_endpoint: 'http://acme.okta.example/t' },
      'token_endpoint',
    ],
    ['with an endpoint elsewhere', { jwks_uri: 'https://evil.example/keys' }, 'jwks_uri'],
    [
      'with an optional endpoint elsewhere',
      { revocation_endpoint: 'https://evil.example/r' },
      'revocation_endpoint',
    ],
    [
      'with an endpoint on a longer host',
      { authorization_endpoint: `${issuer}.evil.example/` },
      'authorization_endpoint',
    ],
    ['with something that is no URL', { token_endpoint: 'token' }, 'token_endpoint'],
    ['without a needed endpoint', { jwks_uri: undefined }, 'jwks_uri'],
    [
      'without our algorithm',
      { dpop_signing_alg_values_supported: ['RS256'] },
      'dpop_signing_alg_values_supported',
    ],
    [
      'without S256',
      { code_challenge_methods_supported: ['plain'] },
      'code_challenge_methods_supported',
    ],
  ])('%s is unusable', (_name, more, field) => {
    expect(faults(more).map((fault) => fault.split(' ')[0])).toEqual([field]);
  });

  test('that is not a metadata document is unusable', () => {
    for (const none of [undefined, null, 'text', []]) {
      expect(metadataFaults(none, issuer, 'ES256').length).toBeGreaterThan(0);
    }
  });
});

describe('an environment', () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });

  /** Serves what `answer` returns for the metadata; counts how often it was asked. */
  async function serving(
    answer: (origin: string) => { status: number; body: unknown; maxAge?: number },
  ) {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      const { status, body, maxAge } = answer(`http://${request.headers.host}`);
      response
        .writeHead(status, {
          ...(maxAge !== undefined && { 'cache-control': `max-age=${maxAge}` }),
        })
        .end(JSON.stringify(body));
    });
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let now = 0;
    const there = { fetch: (request: Request) => fetch(request), clock: { now: () => now } };
    return {
      issuer: issuerOf(there, origin, 'ES256'),
      asked: () => asked,
      later: (ms: number) => {
        now += ms;
      },
    };
  }
  const documentOf = (origin: string) => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/keys`,
  });

  test('asks once for many callers, keeps it for an hour, then asks again', async () => {
    const { issuer, asked, later } = await serving((origin) => ({
      status: 200,
      body: documentOf(origin),
    }));
    await Promise.all(Array.from({ length: 20 }, () => issuer.metadata()));
    expect(asked()).toBe(1);
    later(3_599_000);
    await issuer.metadata();
    expect(asked()).toBe(1);
    later(2_000);
    await issuer.metadata();
    expect(asked()).toBe(2);
  });

  test('keeps it as long as the server says, within a minute and a day', async () => {
    for (const [maxAge, seconds] of [
      [1, 60],
      [600, 600],
      [10_000_000, 86_400],
    ] as const) {
      const { issuer, asked, later } = await serving((origin) => ({
        status: 200,
        body: documentOf(origin),
        maxAge,
      }));
      await issuer.metadata();
      later(seconds * 1000 - 1);
      await issuer.metadata();
      expect(asked(), `max-age ${maxAge}`).toBe(1);
      later(2);
      await issuer.metadata();
      expect(asked(), `max-age ${maxAge}`).toBe(2);
    }
  });

  test('remembers no failure: the next caller asks again', async () => {
    let broken = true;
    const { issuer } = await serving((origin) =>
      broken ? { status: 503, body: {} } : { status: 200, body: documentOf(origin) },
    );
    await expect(issuer.metadata()).rejects.toThrow('status 503');
    broken = false;
    await expect(issuer.metadata()).resolves.toMatchObject({ token_endpoint: expect.any(String) });
  });

  test('keeps what it knows for a day while the document cannot be fetched, and looks again each minute', async () => {
    let status = 200;
    const { issuer, asked, later } = await serving((origin) =>
      status === 200 ? { status, body: documentOf(origin) } : { status, body: {} },
    );
    const known = await issuer.metadata();
    status = 429;
    later(3_601_000);
    expect(await issuer.metadata()).toEqual(known);
    expect(await issuer.metadata()).toEqual(known);
    // In both places where it may be.
    expect(asked()).toBe(3);
    later(61_000);
    expect(await issuer.metadata()).toEqual(known);
    expect(asked()).toBe(5);
    later(86_400_000);
    await expect(issuer.metadata()).rejects.toThrow('status 429');
  });

  test('stops using what it knows once the document is unusable', async () => {
    let endpoint = '/token';
    const { issuer, later } = await serving((origin) => ({
      status: 200,
      body: { ...documentOf(origin), token_endpoint: new URL(endpoint, origin).href },
    }));
    await issuer.metadata();
    endpoint = 'https://evil.example/token';
    later(3_601_000);
    await expect(issuer.metadata()).rejects.toThrow('token_endpoint is not on the issuer');
    await expect(issuer.metadata()).rejects.toThrow('token_endpoint is not on the issuer');
  });

  test('refuses an unusable document, and says what is wrong with it', async () => {
    const { issuer } = await serving((origin) => ({
      status: 200,
      body: { ...documentOf(origin), token_endpoint: 'https://evil.example/token' },
    }));
    await expect(issuer.metadata()).rejects.toThrow('token_endpoint is not on the issuer');
  });

  test('trusts no server whose certificate is not trusted', async () => {
    let asked = 0;
    const server = createTlsServer(selfSigned, (_request, response) => {
      asked += 1;
      response.end();
    });
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const there = { fetch: (request: Request) => fetch(request), clock: { now: () => 0 } };
    const issuer = issuerOf(there, `https://localhost:${port}`, 'ES256');
    await expect(issuer.metadata()).rejects.toThrow('metadata cannot be fetched');
    expect(asked).toBe(0);
  });

  test('follows no redirect to another document', async () => {
    const { issuer } = await serving(() => ({ status: 302, body: {} }));
    await expect(issuer.metadata()).rejects.toThrow('status 302');
  });
});
