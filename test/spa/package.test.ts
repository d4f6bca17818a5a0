import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packedApp } from './packed.ts';

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
});
afterAll(() => app[Symbol.asyncDispose]());

test('nothing comes with the client, not even Node', async () => {
  expect(
    (await readdir(join(app.folder, 'node_modules'))).filter((name) => name[0] !== '.'),
  ).toEqual(['okta-dpop-bff']);
});

test('the package holds the client and no other code', async () => {
  const files = await readdir(join(app.folder, 'node_modules/okta-dpop-bff'), { recursive: true });
  const code = files.filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  expect(code.length).toBeGreaterThan(10);
  expect(code.filter((path) => !/^dist.client./.test(path))).toEqual([]);
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
    await app.run('typescript/bin/tsc', '-p', path);
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
