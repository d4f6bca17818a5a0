// AWS on loopback: ministack, in a Python environment of its own under .venv/ (which git ignores).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pythonWith } from './python.ts';

const { python, ready } = pythonWith('ministack-1.5.33', [
  'ministack==1.5.33',
  'cryptography==50.0.2',
]);
const script = join(dirname(fileURLToPath(import.meta.url)), 'emulator.py');

/** Why there can be no emulator here, if so. Installs it the first time. */
export const missing = ready;

export interface Emulator {
  url: string;
  close(): Promise<void>;
}

/** `port` must be free. Everything listens on 127.0.0.1, and nothing is kept. */
export async function startEmulator(port: number): Promise<Emulator> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-deploy-'));
  const child = spawn(python, [script], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      // Functions run on the Node that runs this.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: folder,
      TMPDIR: folder,
      S3_DATA_DIR: join(folder, 's3'),
      STATE_DIR: join(folder, 'state'),
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      LAMBDA_EXECUTOR: 'local',
      LOG_LEVEL: 'ERROR',
      // Listeners for all the world, and containers: none of either.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      DOCKER_HOST: 'unix:///nonexistent',
    },
  });
  const ended = once(child, 'exit');
  const close = async () => {
    child.kill();
    // It waits for connections that nobody closes.
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(force);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await Promise.race([
      answers(`${url}/_ministack/health`),
      ended.then(() => Promise.reject(new Error('ministack ended'))),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

async function answers(url: string): Promise<void> {
  for (;;) {
    const up = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return;
    await pause(200);
  }
}
