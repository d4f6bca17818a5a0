// The demo app on this machine. With the Okta stand-in it has one more page, which shows what went upstream. Its
// sources, its feed and its attempts are in this folder, which nothing deployed imports.
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleDemo } from '#spa/demo/build.ts';
import { contentSecurityPolicy } from '../../spa-headers.ts';
import { serveFiles } from '../gateway/site/files.ts';
import type { System, SystemOptions } from '../run/system.ts';
import { localFeed } from './feed.ts';

export interface Demo {
  mounts: NonNullable<SystemOptions['mounts']>;
  close(): Promise<void>;
}

export async function buildDemo(): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-demo-'));
  const plain = join(folder, 'plain');
  const local = join(folder, 'local');
  await Promise.all([
    bundleDemo(plain),
    bundleDemo(local, join(import.meta.dirname, 'browser/main.ts')),
  ]);
  return {
    mounts: (system) => ({
      ...(system.okta && { '/__local/': localFeed(system) }),
      '/': app(system, system.okta ? local : plain),
    }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const app = ({ config }: Pick<System, 'config'>, folder: string): RequestListener =>
  serveFiles({
    folder,
    contentSecurityPolicy: () => contentSecurityPolicy(new URL(config.issuer).origin),
  }).handle;
