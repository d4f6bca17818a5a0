// How a built example is served: its files by the gateway, or its pages by its own server behind the gateway.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startSystem } from '#infra/local/run/system.ts';
import { deadOrigin } from '#test/support/loopback.ts';

/** For the tools that build and serve. Vitest sets NODE_ENV, which they obey. */
export const toolsEnv = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };

export async function serveExample(name: string, folder: string): Promise<{ url: string }> {
  if (name !== 'next') return startedSystem({ folder: join(folder, 'dist') });
  const url = await deadOrigin();
  const system = await startedSystem({ url, withCookie: true });
  await startNext(folder, new URL(url).port, system.url);
  return system;
}

async function startedSystem(spa: { folder: string } | { url: string; withCookie: true }) {
  const system = await startSystem({ spa, environment: {} });
  onTestFinished(() => system.close());
  return system;
}

async function startNext(folder: string, port: string, origin: string): Promise<void> {
  const next = join(folder, 'node_modules/next/dist/bin/next');
  const child = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', port], {
    cwd: folder,
    env: { ...toolsEnv, APP_ORIGIN: origin },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'close');
  onTestFinished(async () => {
    child.kill();
    await exited;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text) => /Ready/.test(text) && resolve());
    void exited.then(() => reject(new Error('next start has ended')));
  });
}
