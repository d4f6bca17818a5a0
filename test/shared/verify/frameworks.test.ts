// `okta-dpop-bff/verify` behind real servers, called by a client that we did not write (oauth4webapi).
import { createServer, type RequestListener } from 'node:http';
import Fastify from 'fastify';
import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessOf,
  expressDpop,
  fastifyDpop,
  hmacNonces,
  honoDpop,
  refusalResponse,
  sendRefusal,
  type Verdict,
  type VerifyOptions,
  verifyDpop,
} from '#shared/verify/index.ts';
import { judge } from '#test/support/judges.ts';
import { serve } from '#test/support/loopback.ts';
import {
  audience,
  type Client,
  clientWith,
  issuer,
  type OwnApi,
  ownApi,
} from '#test/support/own-api.ts';

const secrets: [string] = ['a secret of at least thirty-two characters'];
let idp: OwnApi;
let keys: Client;
beforeAll(async () => {
  [idp, keys] = await Promise.all([ownApi(), clientWith()]);
  idp.clock.now = () => Date.now();
});

const optionsFor = (publicUrl: string, more: Partial<VerifyOptions> = {}): VerifyOptions => ({
  issuer,
  audience,
  publicUrl,
  scopes: ['orders.read'],
  fetch: async ({ url }) => idp.answers[url]?.() ?? new Response('', { status: 404 }),
  ...more,
});

/** A client as its library makes it: it keeps the nonce, and calls again when it is challenged with one. */
async function client(claims = {}) {
  const token = await idp.token(keys, claims);
  const pair = { privateKey: keys.privateKey, publicKey: keys.publicKey };
  const DPoP = oauth.DPoP({}, pair);
  const once = (url: string) =>
    oauth.protectedResourceRequest(token, 'GET', new URL(url), undefined, undefined, {
      DPoP,
      [oauth.allowInsecureRequests]: true,
    });
  return {
    token,
    async get(url: string): Promise<{ status: number; body: unknown; challenged: number }> {
      for (let challenged = 0; ; challenged++) {
        try {
          const response = await once(url);
          return { status: response.status, body: await response.json(), challenged };
        } catch (fault) {
          if (oauth.isDPoPNonceError(fault) && challenged < 3) continue;
          if (!(fault instanceof oauth.WWWAuthenticateChallengeError)) throw fault;
          return { status: fault.status, body: fault.cause[0]?.parameters, challenged };
        }
      }
    },
  };
}

interface Framework {
  name: string;
  /** Undefined where it is not installed. */
  start: ((options: (publicUrl: string) => VerifyOptions) => Promise<string>) | undefined;
}

type Express = { (): RequestListener & { use(...handlers: unknown[]): void }; Router(): never };
type HonoApp = {
  use(handler: unknown): void;
  get(
    path: string,
    handler: (c: { req: { raw: Request }; json(body: object): Response }) => Response,
  ): void;
  fetch(request: Request): Promise<Response>;
};
const express = await judge<{ default: Express }>('express', 'index.js');
const hono = await judge<{ Hono: new () => HonoApp }>('hono', 'dist/index.js');

/** A server whose handler is made when its own address is known. */
async function serveLater(make: (origin: string) => RequestListener | Promise<RequestListener>) {
  let listener: RequestListener | undefined;
  const { origin } = await serve((request, response) => listener?.(request, response));
  listener = await make(origin);
  return origin;
}

const frameworks: Framework[] = [
  {
    name: 'node:http',
    start: (options) =>
      serveLater((origin) => {
        const own = options(origin);
        return async (request, response) => {
          const verdict = await verifyDpop(request, own);
          if (verdict.kind === 'refused') return sendRefusal(response, verdict);
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ caller: verdict.access.subject }));
        };
      }),
  },
  {
    name: 'Fetch requests',
    start: (options) =>
      serveLater((origin) => {
        const own = options(origin);
        const handle = async (request: Request) => {
          const verdict = await verifyDpop(request, own);
          if (verdict.kind === 'refused') return refusalResponse(verdict);
          return Response.json({ caller: verdict.access.subject });
        };
        return throughFetch(handle);
      }),
  },
  {
    name: 'Express',
    start:
      express &&
      ((options) =>
        serveLater((origin) => {
          const app = express.default();
          // The router takes `/shop` off the path.
          app.use(
            '/shop',
            expressDpop(options(origin)),
            (request: object, response: { json(body: object): void }) =>
              response.json({ caller: accessOf(request).subject }),
          );
          return app;
        })),
  },
  {
    name: 'node:http with a next function',
    start: (options) =>
      serveLater((origin) => {
        const check = expressDpop(options(origin));
        return (request, response) =>
          check(request, response, (fault) => {
            response.statusCode = fault ? 500 : 200;
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ caller: accessOf(request).subject }));
          });
      }),
  },
  {
    name: 'Fastify',
    start: (options) =>
      serveLater(async (origin) => {
        const app = Fastify({ serverFactory: (handler) => createServer(handler) });
        app.addHook('onRequest', fastifyDpop(options(origin)));
        app.get('/*', async (request) => ({ caller: accessOf(request).subject }));
        await app.ready();
        return (request, response) => app.routing(request, response);
      }),
  },
  {
    name: 'Hono',
    start:
      hono &&
      ((options) =>
        serveLater((origin) => {
          const app = new hono.Hono();
          app.use(honoDpop(options(origin)));
          app.get('/*', (c) => c.json({ caller: accessOf(c.req.raw).subject }));
          return throughFetch((request) => app.fetch(request));
        })),
  },
  {
    name: 'middleware around a handler of Fetch requests',
    start: (options) =>
      serveLater((origin) => {
        const check = honoDpop(options(origin));
        return throughFetch((request) =>
          aroundHandler(check, request, async () => {
            await new Promise(setImmediate);
            return Response.json({ caller: accessOf(request).subject });
          }),
        );
      }),
  },
];

/** What Hono does with a middleware and a handler: headers that are set after `next` join those of the handler. */
async function aroundHandler(
  middleware: ReturnType<typeof honoDpop>,
  raw: Request,
  handler: () => Promise<Response>,
): Promise<Response> {
  let answer: Response | undefined;
  const header = (name: string, value: string) => answer?.headers.set(name, value);
  const early = await middleware({ req: { raw }, header }, async () => {
    answer = await handler();
  });
  return early ?? answer ?? new Response('', { status: 404 });
}

/** As the Node adapters of such frameworks do it. */
function throughFetch(handle: (request: Request) => Promise<Response>): RequestListener {
  return async (request, response) => {
    const headers = new Headers();
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      headers.append(request.rawHeaders[at] ?? '', request.rawHeaders[at + 1] ?? '');
    }
    const answer = await handle(
      new Request(`http://${request.headers.host}${request.url}`, {
        method: request.method ?? '',
        headers,
      }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  };
}

for (const { name, start } of frameworks) {
  const suite = start ? describe : describe.skip;
  suite(start ? name : `${name} (not installed)`, () => {
    const from = start as NonNullable<typeof start>;

    test('lets a client of oauth4webapi in, which learns the nonce by itself', async () => {
      const verdicts: Verdict[] = [];
      const onVerdict = (verdict: Verdict) => verdicts.push(verdict);
      const origin = await from((url) =>
        optionsFor(url, { nonces: hmacNonces(secrets), onVerdict }),
      );
      const ada = await client();
      const first = await ada.get(`${origin}/shop/orders?limit=10`);
      expect(first).toEqual({ status: 200, body: { caller: 'ada@example.com' }, challenged: 1 });
      expect(await ada.get(`${origin}/shop/orders`)).toMatchObject({ status: 200, challenged: 0 });
      expect(verdicts.map((one) => (one.kind === 'refused' ? one.reason : one.kind))).toEqual([
        'nonce_missing',
        'accepted',
        'accepted',
      ]);
    });

    test('tells a client what its token lacks', async () => {
      const origin = await from((url) => optionsFor(url));
      const { status, body } = await (await client({ scp: ['other'] })).get(
        `${origin}/shop/orders`,
      );
      expect([status, body]).toEqual([
        403,
        expect.objectContaining({ error: 'insufficient_scope', scope: 'orders.read' }),
      ]);
    });

    test('refuses a thief with the token alone, with a proof that was used, and with two headers', async () => {
      const origin = await from((url) => optionsFor(url));
      const url = `${origin}/shop/orders`;
      const token = await idp.token(keys);
      const bare = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      expect([bare.status, await bare.json()]).toEqual([
        401,
        expect.objectContaining({ error: 'invalid_token' }),
      ]);
      expect(bare.headers.get('cache-control')).toBe('no-store');
      const request = await idp.request(keys, token, { htu: url });
      const headers = { authorization: `DPoP ${token}`, dpop: request.dpop[0] ?? '' };
      const statuses = [];
      for (let each = 0; each < 2; each++) statuses.push((await fetch(url, { headers })).status);
      expect(statuses).toEqual([200, 401]);
      const two = await idp.request(keys, token, { htu: url });
      for (const doubled of ['authorization', 'dpop'] as const) {
        const lines = {
          authorization: [`DPoP ${token}`],
          dpop: [two.dpop[0] ?? ''],
        };
        lines[doubled].push(...lines[doubled]);
        expect(await rawStatus(origin, lines), doubled).toBe(doubled === 'dpop' ? 401 : 400);
      }
    });

    test('answers 503 while the store of used proofs is away', async () => {
      const replay = { use: () => Promise.reject(new Error('away')) };
      const origin = await from((url) => optionsFor(url, { replay }));
      const token = await idp.token(keys);
      const request = await idp.request(keys, token, { htu: `${origin}/shop` });
      const headers = { authorization: `DPoP ${token}`, dpop: request.dpop[0] ?? '' };
      const answer = await fetch(`${origin}/shop`, { headers });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([
        503,
        expect.stringMatching(/^\d$/),
      ]);
    });
  });
}

/** `fetch` and most clients join lines of the same name. */
async function rawStatus(origin: string, lines: Record<string, string[]>): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}/shop/orders`, { headers: lines }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
}

test('options that are written anew for each request do not forget what was used', async () => {
  const token = await idp.token(keys);
  const { method, authorization, dpop } = await idp.request(keys, token);
  const headers = new Headers({ authorization: authorization[0] ?? '', dpop: dpop[0] ?? '' });
  const fetch: VerifyOptions['fetch'] = async ({ url }) =>
    idp.answers[url]?.() ?? new Response('', { status: 404 });
  const call = () =>
    verifyDpop(new Request('https://api.example.com/orders', { method, headers }), {
      ...optionsFor('https://api.example.com'),
      fetch,
    });
  expect((await call()).kind).toBe('accepted');
  expect(await call()).toMatchObject({ reason: 'proof_used' });
  const another = { ...optionsFor('https://api.example.com'), skewSeconds: 31 };
  const request = new Request('https://api.example.com/orders', { method, headers });
  expect(await verifyDpop(request, another)).toMatchObject({ reason: 'proof_used' });
});

test('options that differ in nothing but their nonces are two checks', async () => {
  const token = await idp.token(keys);
  const fetch: VerifyOptions['fetch'] = async ({ url }) =>
    idp.answers[url]?.() ?? new Response('', { status: 404 });
  const call = async (more: Partial<VerifyOptions>) => {
    const { method, authorization, dpop } = await idp.request(keys, token);
    const headers = new Headers({ authorization: authorization[0] ?? '', dpop: dpop[0] ?? '' });
    const request = new Request('https://api.example.com/orders', { method, headers });
    return verifyDpop(request, { ...optionsFor('https://api.example.com'), fetch, ...more });
  };
  expect((await call({})).kind).toBe('accepted');
  // Otherwise a route that asks for nonces would go without them once another route does.
  expect(await call({ nonces: hmacNonces(secrets) })).toMatchObject({ reason: 'nonce_missing' });
  expect((await call({})).kind).toBe('accepted');
});

test('wrong options fail when the application starts, not with its first request', () => {
  const wrong = { issuer, audience } as VerifyOptions;
  for (const make of [expressDpop, fastifyDpop, honoDpop]) {
    expect(() => make(wrong)).toThrow('publicUrl');
  }
  expect(() => hmacNonces(['short'])).toThrow('32');
});

test('a route that nothing protects learns of no caller', () => {
  expect(() => accessOf({})).toThrow('not verified');
});
