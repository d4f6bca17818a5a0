// Runs a command under Node 24, whatever Node the machine has: `node infra/node24.mjs vitest run`.
// Plain JavaScript, because the Node that starts it may be too old to run TypeScript.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');

const node = findNode24();
if (!node) {
  console.error(
    `Node 24 is needed: this is ${process.version} and no Node 24 was installed for ` +
      `${process.platform}-${process.arch}. Install Node 24, or run npm ci without --omit=optional.`,
  );
  process.exit(1);
}

const [command, ...args] = process.argv.slice(2);
const child = spawn(command === 'node' ? node : join(modules, '.bin', command), args, {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: {
    ...process.env,
    PATH: [dirname(node), join(modules, '.bin'), process.env.PATH].join(delimiter),
  },
});
child.on('error', (error) => {
  console.error(`cannot run ${command}: ${error.message}`);
  process.exit(1);
});
// The terminal sends Ctrl-C to the whole group; a supervisor signals only this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// It must not outlive its parent either: npm, when it is killed, leaves its children behind.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && child.kill(), 500).unref();
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));

function findNode24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const names = ['node', 'node-bin'].map((kind) => `${kind}-${process.platform}-${process.arch}`);
  const platform =
    process.platform === 'win32' ? names.map((n) => n.replace('win32', 'win')) : names;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  return platform.map((name) => join(modules, name, 'bin', binary)).find(existsSync);
}
