// A newcomer's walk: an empty app of Vite with the component of docs/spa.md as it stands there, the package as npm packs it,
// `npm start`, and all that goes wrong in the first ten minutes.
import { readFile } from 'node:fs/promises';
import react from '@vitejs/plugin-react';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { deadOrigin } from '#test/support/loopback.ts';
import { npmStart } from '#test/support/npm-start.ts';
import { packedApp } from '../package/packed.ts';
import { browsers } from './either-browser.ts';

const template = {
  'index.html':
    '<!doctype html><html lang="en"><body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body></html>',
  'src/main.tsx': `
    import { StrictMode } from 'react'
    import { createRoot } from 'react-dom/client'
    import App from './App.tsx'
    createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>)`,
};

let app: Awaited<ReturnType<typeof packedApp>>;
beforeAll(async () => {
  const [, chapter = ''] = (await readFile('docs/spa.md', 'utf8')).split('\n## React\n');
  const [, own = ''] = chapter.split(/^```\w*$/m);
  app = await packedApp({ ...template, 'src/App.tsx': own });
});
afterAll(() => app?.[Symbol.asyncDispose]());

test.for(browsers)(
  'a newcomer with an app of Vite never meets a silent or a lasting empty page, in %s',
  { timeout: 300_000 },
  async ([, openTab], { skip }) => {
    if (!openTab) return skip('No Firefox: install it, or name it in FIREFOX.');
    const at = await deadOrigin();
    const dev = at.replace('127.0.0.1', 'localhost');
    const [port, oktaPort] = [portOf(await deadOrigin()), portOf(await deadOrigin())];
    const url = `http://localhost:${port}`;
    const fault = (method: string, what?: object) =>
      fetch(`http://127.0.0.1:${oktaPort}/__local/faults`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(what && { body: JSON.stringify(what) }),
      });
    const broker = (...more: string[]) =>
      npmStart([
        ...['--port', port, '--okta-port', oktaPort, '--lambda-port', '0', '--spa', dev, ...more],
      ]);
    let vite = await viteAt(dev);
    onTestFinished(() => vite.close());
    const page = await openTab();
    onTestFinished(() => page.close());
    const sees = (text: string) => expect.poll(page.text, { timeout: 60_000 }).toContain(text);
    const users = 'grace@example.com';
    // Of her button at the stand-in alone: the app's button names her as well.
    const ada = 'administrator, reads everything';

    // The commonest slip: Vite's own port.
    await page.goto(dev);
    await sees('cannot be checked');
    expect(page.said.join()).toContain('/bff/session answered text/html: is this page opened at');
    expect(page.said.join()).toContain('Open http://localhost:3000');

    const first = broker();
    expect(await first.ready).toBe(url);
    await page.goto(url).catch(() => {});
    await page.click(ada);
    await sees(users);
    expect(await page.evaluate('document.cookie')).toBe('');

    // The dev server goes, and comes back.
    await vite.close();
    await page.goto(url).catch(() => {});
    await sees(`Nothing answers at ${dev}`);
    vite = await viteAt(dev);
    await sees(users);

    // The first question fails.
    await fault('POST', { table: 'unavailable' });
    await page.goto(url);
    await sees('Your session cannot be checked');
    await fault('DELETE');
    await sees(users);

    // An API fails.
    await fault('POST', { api: 'server_error' });
    await page.goto(url);
    await sees('The users cannot be shown: Internal Server Error (GET');
    await fault('DELETE');

    // Who signs out is not asked to sign in again.
    await page.click('Sign out');
    await sees('Sign in');
    expect(await page.evaluate('location.href')).toBe(`${url}/`);
    expect((await page.text()).match(/Sign (in|out)/g)).toEqual(['Sign in']);
    await page.click('Sign in');
    await page.click(ada);
    await sees(users);

    // The broker starts anew, with the panel; the sessions were in its memory.
    process.kill(-first.pid, 'SIGINT');
    await first.exited;
    const second = broker('--inside');
    await second.ready;
    await page.goto(url).catch(() => {});
    await page.click(ada);
    await sees(users);
    const panel = "document.querySelector('#okta-dpop-bff-inside').shadowRoot";
    await page.evaluate(`${panel}.querySelector('button').click()`);
    await expect.poll(() => page.evaluate(`${panel}.textContent`)).toContain('GET /api/v1/users');
  },
);

const portOf = (origin: string) => new URL(origin).port;

async function viteAt(url: string): Promise<ViteDevServer> {
  const vite = await createServer({
    root: app.folder,
    configFile: false,
    logLevel: 'error',
    plugins: [react()],
    server: { host: 'localhost', port: Number(portOf(url)), strictPort: true },
  });
  return vite.listen();
}
