// `okta-dpop-bff/server` on a server that renders pages, under each Node that is here. Tests of package.test.ts, which is
// the one file that packs.
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodes } from './cdk-app.ts';
import { packedApp } from './packed.ts';

const run = promisify(execFile);

/** Asks a broker of its own for the session of a browser, as a page does that is rendered. */
const page = `
  import { createServer } from 'node:http';
  import { createServerBff } from 'okta-dpop-bff/server';

  const ends = Date.now() / 1000 + 600;
  const session = { authenticated: true, user: { sub: 'ada' }, expires_at: ends, idle_expires_at: ends, auth_time: 1 };
  const broker = createServer((request, response) => {
    const known = request.headers.cookie === '__Host-Http-bff=x' && request.headers['x-bff-csrf'] === '1';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(known ? session : { authenticated: false }));
  });
  await new Promise((resolve) => broker.listen(0, '127.0.0.1', resolve));
  const bffFor = createServerBff({ origin: 'http://127.0.0.1:' + broker.address().port });
  const { user } = await bffFor({ headers: { cookie: 'own=1; __Host-Http-bff=x' } }).session();
  console.log(user.sub);
  broker.close();
  broker.closeAllConnections();`;

export function serverRendering() {
  let app: Awaited<ReturnType<typeof packedApp>>;
  beforeAll(async () => {
    app = await packedApp({ 'page.mjs': page }, tmpdir());
  }, 300_000);
  afterAll(() => app?.[Symbol.asyncDispose]());

  test.each([...nodes])('knows the session of a browser, with Node %s', async (_version, node) => {
    const { stdout } = await run(node, ['page.mjs'], { cwd: app.folder, env: {} });
    expect(stdout).toBe('ada\n');
  });
}
