import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { bundle } from '#infra/bundle.ts';
import { type BundleName, bundled } from '#infra/functions.ts';
import { migrate } from '#infra/migrate/migrate.ts';
import { digestsOf } from '#test/support/digests.ts';
import type { Resource } from '../infra/aws/synthesis.ts';
import { cdkApp, nodes } from './cdk-app.ts';
import { commands } from './commands.ts';
import { documents as packagedDocuments } from './documents.ts';
import { linkJudges, missingIn } from './judges.ts';
import { packedApp, tarball } from './packed.ts';
import { recipes } from './recipes.ts';
import { registry } from './registry.ts';
import { serverRendering } from './server-rendering.ts';
import { verifyInAnApi } from './verify.ts';

const framework = {
  react: `
    import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    import { BffProvider, useSession } from 'okta-dpop-bff/client/react';
    function Hello() { return createElement('p', null, useSession().session?.user.name ?? 'nobody'); }
    createRoot(document.body).render(createElement(BffProvider, { options: { pollMs: 1 } }, createElement(Hello)));`,
  vue: `
    import { createApp, h } from 'vue';
    import { createBff } from 'okta-dpop-bff/client';
    import { bffPlugin, signedIn, useSession } from 'okta-dpop-bff/client/vue';
    const bff = createBff();
    export const guard = signedIn(bff);
    createApp(() => h('p', useSession().value.kind)).use(bffPlugin, { bff }).mount(document.body);`,
  angular: `
    import { provideHttpClient, withInterceptors } from '@angular/common/http';
    import type { CanActivateFn } from '@angular/router';
    import { bffInterceptor, provideBff, signedIn } from 'okta-dpop-bff/client/angular';
    export const guard: CanActivateFn = signedIn;
    export const providers = [provideBff(), provideHttpClient(withInterceptors([bffInterceptor]))];
    console.log(providers);`,
  svelte: `
    import { createBff } from 'okta-dpop-bff/client';
    import { sessionStore, signedIn } from 'okta-dpop-bff/client/svelte';
    const bff = createBff();
    export const load = signedIn(bff);
    sessionStore(bff).subscribe(({ isLoading, session }) => console.log(isLoading, session?.user.sub));`,
  server: `
    import { createServerBff } from 'okta-dpop-bff/server';
    const bffFor = createServerBff<{ groups: string[] }>({ origin: 'https://app.example' });
    export async function load(request: Request): Promise<string[]> {
      const session = await bffFor(request).session();
      return session.authenticated ? session.user.groups : [];
    }
    export const node = (headers: Record<string, string | string[] | undefined>) => bffFor({ headers });`,
  testing: `
    import { createBff } from 'okta-dpop-bff/client';
    import { fakeBroker } from 'okta-dpop-bff/client/testing';
    import { signedInState, type StorageState } from 'okta-dpop-bff/client/testing/playwright';
    const broker = fakeBroker();
    broker.signIn<{ groups: string[] }>({ user: { groups: ['a'] } });
    export const bff = createBff({ window: broker.window });
    export const state = (): Promise<StorageState> => signedInState({ user: 'grace' });`,
  claims: `
    import { type Bff, createBff } from 'okta-dpop-bff/client';
    import { BffProvider, RequireSession, signedIn, useSession } from 'okta-dpop-bff/client/react';
    import { useSession as useVueSession } from 'okta-dpop-bff/client/vue';
    interface Claims { sub: string; groups: string[] }
    const bff: Bff<Claims> = createBff<Claims>();
    const plain: Bff = createBff();
    export const loaders = [signedIn(bff), signedIn(plain)];
    export const props: Parameters<typeof BffProvider>[0][] = [{ bff }, { bff: plain }];
    export async function groups(): Promise<string[] | undefined> {
      const session = await bff.session();
      // @ts-expect-error
      if (session.authenticated) console.log(session.user.gruops);
      // @ts-expect-error
      console.log(plain.state.session?.user.email.length, useSession<Claims>().session?.user.groups.size);
      console.log(useVueSession<Claims>().value.session?.user.groups.length, RequireSession);
      return bff.state.session?.user.groups;
    }`,
  plain: `
    import { BffError, createBff, type State } from 'okta-dpop-bff/client';
    interface AppUser { id: string }
    const bff = createBff({ upstreams: { 'https://acme.okta.com/api/v1': '/bff/api/v1' } });
    const names: string[] = [];
    try {
      for await (const { items } of bff.paginate<AppUser>('/bff/api/v1/users')) {
        names.push(...items.map(({ id }) => id));
      }
    } catch (error) {
      if (error instanceof BffError && error.code === 'upstream_timeout') console.log(names);
    }
    bff.onChange((state: State) => console.log(state.kind === 'expiring' && state.endsAt));`,
};

let app: Awaited<ReturnType<typeof packedApp>>;

beforeAll(async () => {
  const sources = Object.entries(framework).map(([name, text]) => [`src/${name}.ts`, text]);
  app = await packedApp({
    ...Object.fromEntries(sources),
    'index.html': Object.keys(framework)
      .map((name) => `<script type="module" src="/src/${name}.ts"></script>`)
      .join('\n'),
  });
}, 300_000);
afterAll(() => app?.[Symbol.asyncDispose]());

test('nothing comes with the client, not even Node', async () => {
  expect(
    (await readdir(join(app.folder, 'node_modules'))).filter((name) => name[0] !== '.'),
  ).toEqual(['okta-dpop-bff']);
});

test('the package holds the client, the construct with its functions, the check for APIs, the commands, the examples, and no other code', async () => {
  const files = await readdir(join(app.folder, 'node_modules/okta-dpop-bff'), { recursive: true });
  const code = files.filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  for (const part of ['client', 'cdk', 'functions', 'verify', 'cli']) {
    const some = code.filter((path) => path.startsWith(join('dist', part)));
    expect(some.length, part).toBeGreaterThan(10);
  }
  const others = code.filter((path) => !/^dist.(client|cdk|functions|verify|cli)./.test(path));
  const examples = /^examples.(angular|astro|next|nuxt|react|svelte|sveltekit|vue)./;
  expect(others.filter((path) => !examples.test(path))).toEqual([]);
});

test('the package is under 1.7 MB packed and 4.7 MB unpacked', async () => {
  const folder = join(app.folder, 'node_modules/okta-dpop-bff');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size);
  const unpacked = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(unpacked).toBeLessThan(4_700_000);
  expect((await stat(await tarball())).size).toBeLessThan(1_700_000);
});

test.each(['bundler', 'nodenext'])(
  'its types hold in an application with moduleResolution %s',
  async (moduleResolution) => {
    const compilerOptions = {
      module: moduleResolution === 'bundler' ? 'esnext' : 'nodenext',
      moduleResolution,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
    };
    const path = join(app.folder, `tsconfig.${moduleResolution}.json`);
    await writeFile(path, JSON.stringify({ compilerOptions, include: ['src'] }));
    await app.run('typescript/bin/tsc', '-p', path, '--singleThreaded');
  },
);

test('Vite builds an application with it', async () => {
  await app.run('vite/bin/vite.js', 'build', '--logLevel', 'error');
  const assets = await readdir(join(app.folder, 'dist/assets'));
  const texts = await Promise.all(
    assets.map((name) => readFile(join(app.folder, 'dist/assets', name), 'utf8')),
  );
  expect(texts.join('\n')).toContain('X-BFF-CSRF');
});

// One file for all that packs: two builds at once would be in each other's way.
const documents = ['docs/spa.md', 'docs/testing.md', 'docs/migrate-from-okta-auth-js.md'];

async function blocksOf(path: string): Promise<[name: string, text: string][]> {
  const text = await readFile(path, 'utf8');
  const name = path.replace(/\W/g, '-');
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(([, kind, code], index) => [
    `src/${name}-${index + 1}.${kind}`,
    code ?? '',
  ]);
}

/** Okta's samples after `npx okta-dpop-bff migrate`, where nothing of Okta's packages is left in them. */
async function migratedSamples(): Promise<Record<string, string>> {
  const samples = [
    ['angular/app.component.ts', 'angular'],
    ['vue/main.ts', 'vue'],
  ] as const;
  const done = samples.map(async ([path, framework]) => {
    const source = await readFile(`test/infra/migrate/before/${path}.txt`, 'utf8');
    const { text = '' } = migrate(path, source, framework) ?? {};
    expect(text).not.toContain('@okta');
    return [`src/migrated/${path}`, text] as const;
  });
  return {
    ...Object.fromEntries(await Promise.all(done)),
    'src/migrated/vue/router.ts':
      "export declare const createRouter: (routes: object[]) => import('vue').Plugin;",
  };
}

/** Where Playwright's test runner is not installed: as much of it as the blocks use. */
const playwright: Record<string, string> = missingIn(`from '@playwright/test'`).length
  ? {
      'src/playwright.d.ts': `declare module '@playwright/test' {
        import type { BrowserContextOptions, Page } from 'playwright-core';
        type State = NonNullable<BrowserContextOptions['storageState']>;
        type Fixture<T> = (given: { baseURL: string | undefined }, use: (value: T) => Promise<void>) => Promise<void>;
        interface Test {
          (title: string, body: (fixtures: { page: Page }) => Promise<void>): void;
          extend(fixtures: { storageState: Fixture<State> }): Test;
        }
        interface Server { command: string; cwd?: string; url: string }
        export const test: Test;
        export const defineConfig: (config: { use: { baseURL: string }; webServer: Server[] }) => object;
      }`,
    }
  : {};

test('every block of TypeScript in the documents compiles in an application', async ({
  annotate,
}) => {
  const all = (await Promise.all(documents.map(blocksOf))).flat();
  expect(all.length).toBeGreaterThanOrEqual(20);
  const lackingFor = (code: string) =>
    missingIn(code).filter((name) => name !== '@playwright/test');
  const blocks = all.filter(([, code]) => lackingFor(code).length === 0);
  for (const [name, code] of all) {
    const lacking = lackingFor(code);
    if (lacking.length > 0) await annotate(`${name} is not compiled: ${lacking} is not installed`);
  }
  const app = await packedApp({
    ...Object.fromEntries(blocks),
    ...(await migratedSamples()),
    // What the blocks assume to be in the reader's app.
    'src/users.ts': 'export class Users {}',
    ...playwright,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
        module: 'esnext',
        moduleResolution: 'bundler',
        types: [],
        noEmit: true,
        jsx: 'react-jsx',
        strict: true,
        experimentalDecorators: true,
        skipLibCheck: true,
        // A library that is linked in would not find it.
        paths: { react: ['../../node_modules/@types/react'] },
      },
      include: ['src'],
    }),
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  await linkJudges(app.folder);
  await app.run('typescript/bin/tsc', '--singleThreaded');
});

test.each(documents)('the links within %s lead somewhere', async (path) => {
  const text = await readFile(path, 'utf8');
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  const files = [...text.matchAll(/\bdocs\/[\w-]+\.md/g)].map(([file]) => file);
  for (const file of files) await expect(readFile(join('.', file)), file).resolves.toBeDefined();
});

/** Each error that it expects would be one itself if the types were `any`. */
const wrong = `
  import type { ConfigInput, RouteInput, TokenBrokerProps } from 'okta-dpop-bff/cdk';
  const least = { issuer: '', clientId: '', publicOrigin: '' };
  export const right: TokenBrokerProps = { config: { ...least, dpop: { keySpec: 'RSA_2048' } } };
  // @ts-expect-error
  export const incomplete: ConfigInput = { issuer: '', clientId: '' };
  // @ts-expect-error
  export const unknown: ConfigInput = { ...least, clientAuthentication: 'none' };
  // @ts-expect-error
  export const misspelt: ConfigInput = { ...least, par: 'allways' };
  // @ts-expect-error
  export const deep: RouteInput = { path: '', upstream: '', methods: ['OPTIONS'] };
  // @ts-expect-error
  export const state: TokenBrokerProps = { config: least, state: {} };`;

describe('the construct, in an app with aws-cdk-lib, constructs and nothing else,', () => {
  let stacks: Awaited<ReturnType<typeof cdkApp>>;
  /** What a deployment from the sources uploads. */
  const bundles: Record<string, Record<string, string>> = {};

  beforeAll(async () => {
    const guide = await readFile('docs/deploy.md', 'utf8');
    const [, example = ''] = guide.match(/```ts\n([\s\S]*?)```/) ?? [];
    // In CommonJS it is as `cdk init` makes apps.
    stacks = await cdkApp({ 'module.ts': example, 'commonjs.cts': example, 'wrong.ts': wrong });
    for (const name of Object.keys(bundled) as BundleName[]) {
      const { folder } = await bundle(name, join(stacks.folder, 'from-the-sources'));
      bundles[name] = await digestsOf(folder);
    }
  }, 300_000);
  afterAll(() => stacks[Symbol.asyncDispose]());

  test('has types that hold, and that tell a wrong configuration', () => {
    expect(stacks.compilerSaid).toBe('');
  });

  test('brings each function byte for byte as a deployment from the sources makes it', async () => {
    const brought = join(stacks.package, 'dist/functions');
    const names = Object.keys(bundles);
    expect((await readdir(brought)).sort()).toEqual([...names, 'shared', 'shared.json'].sort());
    const shared = JSON.parse(await readFile(join(brought, 'shared.json'), 'utf8'));
    const common = await digestsOf(join(brought, 'shared'));
    for (const [name, files] of Object.entries(bundles)) {
      const ofOthers = (path: string) => !shared[name].includes(path.slice(1));
      const own = await digestsOf(join(brought, name));
      const both = { ...own, ...common };
      for (const path of Object.keys(common).filter(ofOthers)) delete both[path];
      expect(both, name).toEqual(files);
    }
  });

  test('holds no file of the functions twice', async () => {
    const brought = join(stacks.package, 'dist/functions');
    const digests = await Promise.all(
      (await readdir(brought, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .map(async ({ name }) => Object.values(await digestsOf(join(brought, name)))),
    );
    const all = digests.flat();
    expect(all.length).toBe(new Set(all).size);
  });

  test.each([
    ...[...nodes].map(([version, node]) => ({ version, node, file: 'module.js' })),
    { version: process.version, node: process.execPath, file: 'commonjs.cjs' },
  ])(
    'deploys just these, with Node $version from $file',
    {
      timeout: 120_000,
    },
    async ({ node, file }) => {
      const outdir = await stacks.synth(node, file);
      const { Resources } = JSON.parse(await readFile(join(outdir, 'Shop.template.json'), 'utf8'));
      const deployed: Record<string, unknown> = {};
      for (const [id, { Type, Properties }] of Object.entries<Resource>(Resources)) {
        if (Type !== 'AWS::Lambda::Function') continue;
        const name = /^Broker(\w+)Function/.exec(id)?.[1]?.toLowerCase() ?? id;
        const { S3Key } = Properties.Code as { S3Key: string };
        deployed[name] = await digestsOf(join(outdir, `asset.${S3Key.replace('.zip', '')}`));
      }
      // This app neither streams nor guards an API of its own.
      const { stream, apiAuthorizer, ...expected } = bundles;
      expect(deployed).toEqual(expected);
    },
  );
});

describe('the check for APIs', verifyInAnApi);
describe('a server that renders pages', serverRendering);
describe('the commands', commands);
describe('the recipes', recipes);
describe('the documents', () =>
  packagedDocuments(() => join(app.folder, 'node_modules/okta-dpop-bff')));
describe('to a registry', registry);
