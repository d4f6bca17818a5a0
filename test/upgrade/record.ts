// Records what a released version stores, for stored.test.ts: `node test/upgrade/record.ts <version> <commit>`. It runs
// that version's own `npm start` over embedded stand-ins, with keys that are made here and used for nothing else.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { DynamoDBClient, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { root } from '#infra/bundle.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { releasedSources } from '#test/deploy/released.ts';
import { loginPrefix, sessionName } from '#test/support/running.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';
import { type Recorded, storedOf } from './recorded.ts';

const run = promisify(execFile);
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

async function main([version = '', commit = '']: string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-record-'));
  const keys = join(folder, 'keys.json');
  const released = await releasedSources(commit);
  const [dynamodb, kms] = await Promise.all([startDynamodb(), startKms({ path: keys })]);
  const started = await start(released.folder, {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_KMS: kms.url,
  });
  try {
    const at = Math.floor(Date.now() / 1000);
    const session = await signedIn(visitor(started.url), 'ada');
    const signedOut = await signedIn(visitor(started.url), 'grace');
    await started.operator('sessions', 'revoke', '--user', 'grace@example.com', '--reason', 'test');
    await started.operator('keys', 'rotate', '--reason', 'test');
    const login = await begun(visitor(started.url), started.url);
    const { table, items } = await itemsOf(dynamodb.url);
    const { keys: kept } = JSON.parse(await readFile(keys, 'utf8'));
    const recorded: Recorded = {
      version,
      at,
      origin: started.url,
      issuer: started.issuer,
      table,
      session,
      signedOut,
      login,
      keys: kept,
      items,
    };
    const file = join(root, `test/upgrade/stored-${version}.json`);
    await writeFile(file, `${JSON.stringify(recorded, null, 1)}\n`);
  } finally {
    await started.stop();
    await Promise.all([dynamodb.close(), kms.close(), released.remove()]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** The system of that version, and its operator's command. */
async function start(folder: string, env: Record<string, string>) {
  const launcher = ['infra/node24.mjs', 'node'];
  const options = { cwd: folder, env: { ...process.env, ...env } };
  const child = spawn(
    process.execPath,
    [...launcher, 'infra/local/main.ts', '--port', '0', '--okta-port', '0', '--lambda-port', '0'],
    { ...options, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let lambda = '';
  let issuer = '';
  for await (const line of createInterface(child.stdout)) {
    console.log(line);
    lambda = /^ {2}lambda +(\S+)/.exec(line)?.[1] ?? lambda;
    issuer = /^ {2}okta +(\S+)/.exec(line)?.[1] ?? issuer;
    const url = /^ready (\S+)$/.exec(line)?.[1];
    if (!url) continue;
    child.stdout.resume();
    const operator = async (...args: string[]) => {
      const command = [...launcher, 'infra/operator/main.ts', ...args, '--local', lambda];
      console.log((await run(process.execPath, command, options)).stdout);
    };
    const stop = async () => {
      child.kill('SIGINT');
      await once(child, 'exit');
    };
    return { url, issuer, operator, stop };
  }
  throw new Error('it ended before it was ready');
}

async function signedIn(browser: Visitor, user: string): Promise<string> {
  await browser.signIn(user);
  const called = await browser.fetch('/bff/api/v1/users/me');
  if (called.status !== 200) throw new Error(`${user}: ${called.status} ${called.text}`);
  return browser.cookie(sessionName) ?? '';
}

/** A sign-in that is under way: the browser is on its way back, and has not arrived. */
async function begun(browser: Visitor, origin: string): Promise<Recorded['login']> {
  const page = await browser.navigate('/bff/login?return_to=/orders');
  const back = await browser.navigate(page.url.href, {
    from: page.url.origin,
    form: { sample: 'ada' },
    until: (next) => next.origin === origin,
  });
  const name = browser.cookieNames().find((one) => one.startsWith(loginPrefix)) ?? '';
  const state = new URL(back.headers.location ?? '').searchParams.get('state') ?? '';
  return { state, name, cookie: browser.cookie(name) ?? '' };
}

async function itemsOf(endpoint: string): Promise<Pick<Recorded, 'table' | 'items'>> {
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials });
  const { TableNames: [table = ''] = [] } = await client.send(new ListTablesCommand({}));
  const items: Recorded['items'] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    items.push(...Items.map(storedOf));
  }
  client.destroy();
  return { table, items };
}

await main(process.argv.slice(2));
