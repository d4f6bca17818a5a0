// How a built example is served: its files by the gateway, or its pages by its own server behind the gateway.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { startSystem } from '#infra/local/run/system.ts';
import { deadOrigin } from '#test/support/loopback.ts';
import { toolsEnv } from './building.ts';

/** What starts the server of a built example. */
const servers: Record<string, string[]> = {
  astro: ['dist/server/entry.mjs'],
  next: ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1'],
  nuxt: ['.output/server/index.mjs'],
  sveltekit: ['build'],
};

export const rendersOnServer = (name: string): boolean => name in servers;

export async function serveExample(name: string, folder: string): Promise<{ url: string }> {
  const server = servers[name];
  if (!server) return startedSystem({ folder: join(folder, 'dist') });
  const url = await deadOrigin();
  const system = await startedSystem({ url, withCookie: true });
  await startServer(server, folder, url, system.url);
  return system;
}

async function startedSystem(spa: { folder: string } | { url: string; withCookie: true }) {
  const system = await startSystem({ spa, environment: {} });
  onTestFinished(() => system.close());
  return system;
}

async function startServer(args: string[], cwd: string, url: string, origin: string) {
  const { port, hostname: HOST } = new URL(url);
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...toolsEnv, APP_ORIGIN: origin, HOST, NITRO_HOST: HOST, PORT: port },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let ended = false;
  const exited = once(child, 'close').then(() => {
    ended = true;
  });
  onTestFinished(async () => {
    child.kill();
    await exited;
  });
  while (!(await fetch(url).catch(() => undefined))) {
    if (ended) throw new Error(`${args[0]} has ended`);
    await delay(100);
  }
}
