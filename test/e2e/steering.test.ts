// Two upstreams in a real browser: what the one answers never makes the browser, or our client, call the other.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signIn, stand } from './stand.ts';

type Answer = (response: ServerResponse, url: string) => void;

/** An API that notes what it was asked. */
async function api() {
  const asked: string[] = [];
  const parts = { asked, origin: '', answer: ((response) => response.end('{}')) as Answer };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    parts.answer(response, request.url ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  parts.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(parts, { close });
}

const here = stand();
let partner: Awaited<ReturnType<typeof api>>;
let okta: Awaited<ReturnType<typeof api>>;
let client = '';

beforeAll(async () => {
  [partner, okta] = await Promise.all([api(), api()]);
  const { outputFiles } = await build({
    entryPoints: ['spa/client/index.ts'],
    bundle: true,
    format: 'iife',
    globalName: 'bffClient',
    target: 'es2022',
    write: false,
  });
  client = outputFiles[0]?.text ?? '';
});
afterAll(() => Promise.all([partner?.close(), okta?.close()]));
beforeEach(() => {
  partner.asked.length = 0;
  okta.asked.length = 0;
});

const redirects = [301, 302, 303, 307, 308];
const inside = 'steering/suspend';

interface Got {
  status: number;
  url: string;
  redirected: boolean;
  text: string;
}

/** What an app does: it knows the path of its partner, and nothing of where the answer sends the browser. */
const call = (page: Page, method: string): Promise<Got> =>
  page.evaluate(
    async ([method]) => {
      const answer = await fetch('/bff/api/partner/hello', {
        method,
        headers: { 'X-BFF-CSRF': '1' },
      });
      const { status, url, redirected } = answer;
      return { status, url: new URL(url).pathname, redirected, text: await answer.text() };
    },
    [method] as const,
  );

describe.each([false, true])('with streaming: %s', (streaming) => {
  async function signedIn(): Promise<Page> {
    await here.system.redeploy({
      streaming,
      routes: [
        {
          path: '/bff/api/partner/*',
          upstream: `${partner.origin}/p`,
          methods: ['GET', 'POST'],
          token: 'none',
        },
        {
          path: '/bff/api/v1/*',
          upstream: `${okta.origin}/api/v1`,
          methods: ['GET', 'POST'],
        },
      ],
    });
    const { page } = await here.visit();
    await page.goto(here.system.url);
    await signIn(page);
    okta.asked.length = 0;
    return page;
  }

  test('a redirect to another upstream ends in the browser, whatever its status and method', async () => {
    const page = await signedIn();
    const outcomes: Record<string, unknown> = {};
    for (const status of redirects) {
      partner.answer = (response) => {
        response.writeHead(status, { location: `${okta.origin}/api/v1/${inside}` }).end();
      };
      for (const method of ['GET', 'POST']) {
        const got = await call(page, method);
        expect([got.redirected, got.url]).toEqual([false, '/bff/api/partner/hello']);
        outcomes[`${method} ${status}`] = got.status;
      }
    }
    expect(outcomes).toEqual(
      Object.fromEntries(
        redirects.flatMap((status) => {
          const shown = status > 303 ? 502 : status;
          return [
            [`GET ${status}`, shown],
            [`POST ${status}`, shown],
          ];
        }),
      ),
    );
    expect(partner.asked).toHaveLength(2 * redirects.length);
    expect(okta.asked).toEqual([]);
  });

  test('a redirect within the route is followed, so the one above ends for its target alone', async () => {
    const page = await signedIn();
    for (const status of redirects) {
      partner.answer = (response, url) => {
        if (url === '/p/hello') response.writeHead(status, { location: '/p/there' });
        response.end('arrived');
      };
      const got = await call(page, 'POST');
      expect(got).toEqual({
        status: 200,
        url: '/bff/api/partner/there',
        redirected: true,
        text: 'arrived',
      });
    }
    const second = (status: number) => (status > 303 ? 'POST /p/there' : 'GET /p/there');
    expect(partner.asked).toEqual(redirects.flatMap((status) => ['POST /p/hello', second(status)]));
    expect(okta.asked).toEqual([]);
  });

  test('an API that speaks as the broker signs nobody out and sends nobody anywhere', async () => {
    const page = await signedIn();
    await page.evaluate(`${client}; globalThis.bffClient = bffClient;`);
    const problems = [
      { code: 'session_expired' },
      { code: 'step_up_required', login_url: '/users?delete=yes' },
      { code: 'step_up_required', login_url: '/bff/login' },
    ];
    for (const problem of problems) {
      partner.answer = (response) => {
        response
          .writeHead(401, { 'content-type': 'application/problem+json', 'x-bff-answer': '1' })
          .end(JSON.stringify(problem));
      };
      const told = await page.evaluate(async () => {
        type Client = typeof import('#spa/client/index.ts');
        const { createBff } = (globalThis as unknown as { bffClient: Client }).bffClient;
        const bff = createBff();
        await bff.session();
        const code = await bff.json('/bff/api/partner/hello').catch(({ code }) => code);
        return [code, bff.state.kind];
      });
      expect(told).toEqual(['upstream', 'signed_in']);
    }
    expect(page.url()).toBe(`${here.system.url}/`);
  });

  test('paginate() ends at a link to another upstream, and follows those of the route', async () => {
    const page = await signedIn();
    await page.evaluate(`${client}; globalThis.bffClient = bffClient;`);
    const walk = () =>
      page.evaluate(async () => {
        const { createBff } = (
          globalThis as unknown as { bffClient: typeof import('#spa/client/index.ts') }
        ).bffClient;
        const seen: unknown[] = [];
        for await (const { items } of createBff().paginate('/bff/api/partner/list'))
          seen.push(...items);
        return seen;
      });
    partner.answer = (response, url) => {
      const next = url === '/p/list' ? '/p/list?page=2' : `${okta.origin}/api/v1/${inside}`;
      response
        .writeHead(200, { 'content-type': 'application/json', link: `<${next}>; rel=next` })
        .end(JSON.stringify([url]));
    };
    expect(await walk()).toEqual(['/p/list', '/p/list?page=2']);
    expect(okta.asked).toEqual([]);
  });
});
