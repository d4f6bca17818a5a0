// The recipes of docs/spa.md and docs/testing.md, run as they stand there, with the libraries that they are for and the
// package as it is installed. Tests of package.test.ts, which is the one file that packs.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, type TestOptions, test, vi } from 'vitest';
import { linkJudges, missingIn } from './judges.ts';
import { packedApp } from './packed.ts';

const origin = 'http://localhost:3000';

// biome-ignore lint/suspicious/noExplicitAny: what a block of a document exports is known to its reader only.
type Loaded = any;

export function recipes() {
  let app: Awaited<ReturnType<typeof packedApp>>;
  let broker: Loaded;
  let undo: (() => void) | undefined;
  const load = (name: string): Promise<Loaded> => import(join(app.folder, 'src', `${name}.ts`));

  const blocks = {
    axios: ['docs/spa.md', 'axios.create'],
    ky: ['docs/spa.md', 'ky.create'],
    'openapi-fetch': ['docs/spa.md', 'createClient<Paths>'],
    '@tanstack/react-query': ['docs/spa.md', 'infiniteQueryOptions'],
    swr: ['docs/spa.md', 'useSWR'],
    msw: ['docs/testing.md', 'setupServer'],
  } as const;
  const fileOf = (library: string) => library.replace(/\W/g, '');
  const unless = (library: keyof typeof blocks): TestOptions => ({
    skip: missingIn(`from '${library}'`).length > 0,
  });

  beforeAll(async () => {
    const files: Record<string, string> = {
      'src/testing.ts': "export * from 'okta-dpop-bff/client/testing';",
    };
    for (const [library, [document, word]] of Object.entries(blocks)) {
      const all = (await readFile(document, 'utf8')).split(/^```\w*$/m);
      files[`src/${fileOf(library)}.ts`] = all.find((block) => block.includes(word)) ?? '';
    }
    app = await packedApp(files);
    await linkJudges(app.folder);
  }, 300_000);
  afterAll(async () => {
    vi.unstubAllGlobals();
    await app[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    // A page: addresses are relative to it, and there is a connection.
    vi.stubGlobal('location', { href: `${origin}/`, assign() {} });
    vi.stubGlobal('document', { hidden: false, baseURI: `${origin}/` });
    vi.stubGlobal('navigator', { onLine: true });
    vi.stubGlobal('addEventListener', () => {});
    vi.stubGlobal(
      'Request',
      class extends Request {
        constructor(input: string | URL | Request, init?: RequestInit) {
          super(input instanceof Request ? input : new URL(`${input}`, origin), init);
        }
      },
    );
    const { fakeBroker } = await load('testing');
    broker = fakeBroker({ url: `${origin}/` });
    broker.signIn();
    broker.on('GET /bff/api/v1/users', () => [{ id: '00u1' }]);
    broker.on('GET /bff/api/v1/users/me', () => ({ id: '00u1' }));
    undo = broker.install();
    return () => {
      undo?.();
      vi.unstubAllGlobals();
    };
  });

  const asked = () =>
    broker.requests.map(
      ({ url, headers }: Request) => `${new URL(url).pathname} ${headers.get('x-bff-csrf')}`,
    );

  test.each(['axios', 'ky', 'openapi-fetch'] as const)(
    '%s calls through the broker',
    { timeout: 60_000 },
    async (library) => {
      if (unless(library).skip) return;
      const { listUsers } = await load(fileOf(library));
      expect(await listUsers()).toEqual([{ id: '00u1' }]);
      expect(asked()).toContain('/bff/api/v1/users 1');
    },
  );

  test(
    'a query of TanStack is one call, and its pages follow the links',
    unless('@tanstack/react-query'),
    async () => {
      broker.on('GET /bff/api/v1/users', (request: Request) =>
        request.url.includes('after')
          ? [{ id: '00u2' }]
          : Response.json([{ id: '00u1' }], {
              headers: { link: '</bff/api/v1/users?after=1>; rel="next"' },
            }),
      );
      const { queryClient, me, users } = await load(fileOf('@tanstack/react-query'));
      expect(await queryClient.fetchQuery(me)).toEqual({ id: '00u1' });
      const { pages } = await queryClient.fetchInfiniteQuery({ ...users, pages: 2 });
      expect(pages.map(({ items }: Loaded) => items[0].id)).toEqual(['00u1', '00u2']);
      const { retry } = queryClient.getDefaultOptions().queries;
      const refusal = async (code: string) => {
        broker.fail(code);
        return queryClient
          .fetchQuery({ ...me, queryKey: [code], retry: false })
          .catch((error: unknown) => error);
      };
      expect(retry(0, await refusal('signer_unavailable'))).toBe(true);
      expect(retry(3, await refusal('store_unavailable'))).toBe(false);
      expect(retry(0, await refusal('no_route'))).toBe(false);
    },
  );

  test('the fetcher for SWR is one call', unless('swr'), async () => {
    const { fetcher } = await load('swr');
    expect(await fetcher('/bff/api/v1/users/me')).toEqual({ id: '00u1' });
  });

  test('the handlers for MSW answer as the broker in memory does', unless('msw'), async () => {
    undo?.();
    const { server, broker: own } = await load('msw');
    server.listen({ onUnhandledRequest: 'error' });
    try {
      own.signIn({ user: { sub: '00u7' } });
      const headers = { 'x-bff-csrf': '1' };
      const session = await (await fetch(`${origin}/bff/session`, { headers })).json();
      expect(session).toMatchObject({ authenticated: true, user: { sub: '00u7' } });
      expect((await fetch(`${origin}/bff/session`)).status).toBe(403);
    } finally {
      server.close();
    }
  });
}
