// AWS on loopback: ministack, in a Python environment of its own under .venv/ (which git ignores).
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';

const run = promisify(execFile);
const versions = ['ministack==1.5.33', 'cryptography==50.0.2'];
const home = join(root, '.venv', 'ministack-1.5.33');
const python = join(home, 'bin', 'python');
const script = join(dirname(fileURLToPath(import.meta.url)), 'emulator.py');

/** Why there can be no emulator here, if so. Installs it the first time. */
export async function missing(): Promise<string | undefined> {
  if (await exists(join(home, 'ready'))) return undefined;
  try {
    await run('python3', ['--version']);
  } catch {
    return 'there is no python3';
  }
  try {
    await rm(home, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', home]);
    await run(python, ['-m', 'pip', 'install', '--quiet', ...versions]);
    await run(python, ['-c', `open(${JSON.stringify(join(home, 'ready'))}, 'w')`]);
    return undefined;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return `ministack cannot be installed: ${(stderr || message).trim().split('\n').at(-1)}`;
  }
}

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

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
