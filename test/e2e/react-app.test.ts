// From `npm create vite` to the users of the org: the template's files as they are, and one of our own.

import react from '@vitejs/plugin-react';
import { createServer } from 'vite';
import { expect, onTestFinished, test } from 'vitest';
import { startSystem } from '#infra/local/run/system.ts';
import { packedApp } from '../package/packed.ts';
import { launch, visitor } from './browser.ts';

const own = `
import { useEffect, useState } from 'react';
import { BffProvider, useBff, useSession } from 'okta-dpop-bff/client/react';

function Users() {
  const bff = useBff();
  const { session } = useSession();
  const [users, setUsers] = useState<{ id: string; profile: { email: string } }[]>([]);
  const sub = session?.user.sub;
  useEffect(() => {
    if (sub) bff.json<typeof users>('/bff/api/v1/users').then(setUsers);
  }, [bff, sub]);
  if (!session) return <button onClick={() => bff.login()}>Sign in</button>;
  return <ul>{users.map(({ id, profile }) => <li key={id}>{profile.email}</li>)}</ul>;
}

export default function App() {
  return <BffProvider><Users /></BffProvider>;
}
`.trim();

const template = {
  'index.html':
    '<!doctype html><html lang="en"><body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body></html>',
  'src/main.tsx': `
    import { StrictMode } from 'react'
    import { createRoot } from 'react-dom/client'
    import App from './App.tsx'
    createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>)`,
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      module: 'esnext',
      types: [],
      moduleResolution: 'bundler',
      allowImportingTsExtensions: true,
      verbatimModuleSyntax: true,
      noEmit: true,
      jsx: 'react-jsx',
      strict: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
    },
    include: ['src'],
  }),
};

test('an empty Vite app shows the users with under 20 lines of its own', async () => {
  expect(own.split('\n').filter((line) => line.trim()).length).toBeLessThan(20);
  const app = await packedApp({ ...template, 'src/App.tsx': own });
  onTestFinished(() => app[Symbol.asyncDispose]());
  await app.run('typescript/bin/tsc');

  const vite = await createServer({
    root: app.folder,
    configFile: false,
    logLevel: 'error',
    plugins: [react()],
    server: { host: 'localhost', port: 0 },
  });
  onTestFinished(() => vite.close());
  await vite.listen();
  const { origin } = new URL(vite.resolvedUrls?.local[0] ?? '');
  const system = await startSystem({ spa: { url: origin }, environment: {} });
  onTestFinished(() => system.close());
  const browser = await launch();
  onTestFinished(() => browser.close());

  const { page, faults } = await visitor(browser);
  await page.goto(system.url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /Ada/ }).click();
  await page.getByText('grace@example.com').waitFor();
  expect(page.url()).toBe(`${system.url}/`);
  expect(faults).toEqual([]);
});
