// `npm start -- --spa … --inside`: your own app, with a panel that shows what went upstream.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { contentSecurityPolicy } from '../../../spa-headers.ts';
import { createSpa, type SpaSource } from '../../gateway/site/spa.ts';
import { localFeed } from '../feed.ts';
import type { Demo } from '../index.ts';
import { injected } from './inject.ts';

const script = '/__local/inside.js';

export async function buildOverlay(spa: SpaSource): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-inside-'));
  const file = join(folder, 'inside.js');
  await build({
    entryPoints: [join(import.meta.dirname, '../browser/overlay.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    outfile: file,
  });
  return {
    mounts: (system) => {
      if (!system.okta) return {};
      const policy = () => contentSecurityPolicy(new URL(system.config.issuer).origin);
      const app = createSpa('folder' in spa ? { contentSecurityPolicy: policy, ...spa } : spa);
      const feed = localFeed(system);
      const local: RequestListener = (request, response) => {
        if (request.url !== script) return feed(request, response);
        response.writeHead(200, {
          'content-type': 'text/javascript; charset=utf-8',
          'cache-control': 'no-store',
        });
        createReadStream(file).pipe(response);
      };
      const markup = `<script type="module" src="${script}"></script>`;
      return { '/__local/': local, '/': injected((...both) => void app.handle(...both), markup) };
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
