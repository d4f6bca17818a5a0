// `npm run test:aws -- --profile … --issuer … --client-id …`: an environment of its own in a real account, from the first
// deployment to the last key. It costs a few cents and half an hour (docs/deploy.md, "Try it on AWS"). A person signs in:
// that is the one thing that no script can do at a real authorization server.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { root } from '#infra/bundle.ts';

const name = 'bff-smoke';
const need = ['profile', 'region', 'issuer', 'client-id'] as const;

const { values } = parseArgs({
  options: Object.fromEntries(need.map((flag) => [flag, { type: 'string' as const }])),
});
const missing = need.filter((flag) => !values[flag]);
if (missing.length > 0) {
  console.error(`usage: npm run test:aws -- ${need.map((flag) => `--${flag} …`).join(' ')}`);
  console.error(`missing: ${missing.join(', ')}`);
  process.exit(2);
}
const given = (flag: (typeof need)[number]) => String(values[flag]);

// The profile and nothing else: keys in the environment would win over it, and an endpoint would be an emulator's.
const others =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|ENDPOINT_URL.*|DEFAULT_REGION)$/;
for (const variable of Object.keys(process.env)) {
  if (others.test(variable)) delete process.env[variable];
}
process.env.AWS_PROFILE = given('profile');
process.env.AWS_REGION = given('region');

// The first Ctrl-C ends what runs, so that everything is destroyed; children get it, too. The second one ends that.
const stopped = new AbortController();
process.on('SIGINT', () => {
  if (stopped.signal.aborted) process.exit(130);
  console.log('\nStopped. Everything is destroyed now; Ctrl-C again leaves it as it is.');
  stopped.abort();
});

/** The terminal is ours only while we ask: the CDK may have to ask for an MFA code. */
async function ask(what: string): Promise<void> {
  const people = createInterface({ input: process.stdin, output: process.stdout });
  people.on('SIGINT', () => process.emit('SIGINT'));
  try {
    await people.question(`\n>> ${what}\n>> Then press Enter. `, { signal: stopped.signal });
  } finally {
    people.close();
  }
}

async function run(file: string, ...args: string[]): Promise<void> {
  console.log(`\n$ ${file} ${args.join(' ')}`);
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`${file} ${args[0]} ended with ${code}`);
}

/** Ends when somebody pressed Ctrl-C, whatever the child made of it. */
async function step(...command: Parameters<typeof run>): Promise<void> {
  await run(...command);
  stopped.signal.throwIfAborted();
}

const cdk = (origin: string, ...args: string[]) =>
  [
    'node_modules/aws-cdk/bin/cdk',
    ...args,
    ...Object.entries({
      name,
      region: given('region'),
      issuer: given('issuer'),
      clientId: given('client-id'),
      publicOrigin: origin,
      removalPolicy: 'destroy',
      alarms: 'false',
      reserveConcurrency: 'false',
    }).flatMap(([field, value]) => ['-c', `${field}=${value}`]),
  ] as const;

const where = ['--stack', name, '--region', given('region'), '--profile', given('profile')];
const operator = (...words: string[]) => step('infra/operator/main.ts', ...words, ...where);

/** What the operator's command says with --json; nothing where there is no operator function. */
async function keys(): Promise<{ id: string; use: string; state: string }[]> {
  const command = [join(root, 'infra/operator/main.ts'), 'keys', 'list', '--json', ...where];
  const child = spawn(process.execPath, command, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout)).keys ?? [];
}

async function deploy(origin: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-aws-'));
  const file = join(folder, 'outputs.json');
  try {
    await step(
      ...cdk(origin, 'deploy', '--all', '--require-approval', 'never', '--outputs-file', file),
    );
    return JSON.parse(await readFile(file, 'utf8'))[name];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A navigation to /bff/session is refused, as a page elsewhere would be: it takes the header, and so the console. */
const session = "await (await fetch('/bff/session', { headers: { 'X-BFF-CSRF': '1' } })).json()";

async function smoke(): Promise<void> {
  const first = await deploy('https://placeholder.invalid');
  const origin = `https://${first.DistributionDomain}`;
  const { RedirectUri, SignOutRedirectUri, JwksUri } = await deploy(origin);
  await ask(`In the app at the authorization server: redirect URI ${RedirectUri}
>> sign-out redirect URI ${SignOutRedirectUri}
>> keys ${JwksUri}`);
  await ask(`Open ${origin}/bff/login and sign in. You land on a page of S3 that says no: there is no app.
>> In its console, this must say authenticated: ${session}`);
  await operator('status');
  await operator('keys', 'rotate', '--reason', 'smoke test');
  await ask(
    `In the console again: still authenticated. Open ${origin}/bff/login again: the new key signs`,
  );
  const drained = (await keys()).find(({ use, state }) => use === 'dpop' && state === 'draining');
  if (!drained) throw new Error('no DPoP key drains after the rotation');
  const key = (await keys()).find(({ use, state }) => use === 'dpop' && state === 'active');
  if (!key) throw new Error('no DPoP key is active after the rotation');
  await operator('keys', 'disable', key.id, '--now', '--yes', '--reason', 'smoke test');
  await ask('In the console again: no longer authenticated');
  const { status } = await fetch(`${origin}/bff/health`);
  if (status !== 200) throw new Error(`/bff/health answers ${status}`);
}

/** The keys that a rotation made are no part of a stack. Those of the stack are being deleted already. */
async function deleteKeys(ids: readonly string[]): Promise<void> {
  const kms = new KMSClient();
  for (const KeyId of ids) {
    await kms
      .send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
      .catch((error: Error) => {
        if (error.name !== 'KMSInvalidStateException') throw error;
      });
  }
}

try {
  await smoke();
  console.log('\nAll of it worked. Now everything goes.');
} finally {
  const made = await keys().catch(() => []);
  try {
    await run(...cdk('https://placeholder.invalid', 'destroy', '--all', '--force'));
    await deleteKeys(made.map(({ id }) => id));
    console.log('\nNothing is left but keys that are being deleted, which cost nothing.');
  } catch (error) {
    console.error(
      `\nNot everything is gone: look for the stacks ${name}* in ${given('region')} and us-east-1, and for keys with the tag\n` +
        `bff-broker=${name} (docs/deploy.md, "Teardown").`,
    );
    console.error(error);
    process.exitCode = 1;
  }
}
