import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, onTestFinished, test } from 'vitest';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { accessKeyOf } from '#infra/local/aws/iam/access-keys.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { type SystemOptions, startSystem } from '#infra/local/run/system.ts';
import { ConfigError } from '#shared/config/faults.ts';
import { deadOrigin } from '#test/support/loopback.ts';
import { visitor } from '#test/support/visitor.ts';

async function system(options: SystemOptions = {}) {
  const started = await startSystem({ environment: {}, ...options });
  onTestFinished(() => started.close());
  return started;
}

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'start-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A port that is taken until the test ends. */
async function takenPort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('the stand-ins run on loopback, and the app is registered at the Okta stand-in', async () => {
  const { url, okta, config, dynamodb, kms } = await system();
  expect(url).toMatch(/^http:\/\/localhost:\d+$/);
  expect(okta?.issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(config).toMatchObject({ issuer: okta?.issuer, publicOrigin: url, clientId: 'bff-local' });
  expect(okta?.clients.get('bff-local')).toMatchObject({
    clientAuth: 'private_key_jwt',
    redirectUris: [`${url}/bff/callback`],
    postLogoutRedirectUris: [`${url}/`],
    jwksUri: `${url}/bff/jwks`,
  });
  expect(dynamodb?.calls.count('CreateTable')).toBe(1);
  expect(kms?.calls.count('CreateKey')).toBe(2);
});

test('with profile fapi2 the stand-in does what FAPI asks of a server: a sign-in goes through', async () => {
  const { url } = await system({ config: { profile: 'fapi2' } });
  const ada = visitor(url);
  await ada.signIn('ada');
  expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
});

test('with an issuer there is no stand-in of Okta', async () => {
  const { okta, config } = await system({
    config: {
      issuer: 'https://acme.okta.com',
      clientId: '0oa1',
      publicOrigin: 'https://app.acme.com',
    },
  });
  expect(okta).toBeUndefined();
  expect(config).toMatchObject({
    issuer: 'https://acme.okta.com',
    publicOrigin: 'https://app.acme.com',
  });
  expect(config.scopes).not.toContain('okta.users.read');
});

test('the configuration reaches the stand-in: client authentication, audience, public origin', async () => {
  const { okta, url } = await system({
    config: {
      clientAuth: 'client_secret_basic',
      clientSecret: 's3cret',
      assertionAudience: 'issuer',
      publicOrigin: 'https://app.acme.com',
    },
  });
  expect(okta?.settings.assertionAudience).toBe('issuer');
  expect(okta?.clients.get('bff-local')).toMatchObject({
    clientAuth: 'client_secret_basic',
    clientSecret: 's3cret',
    redirectUris: ['https://app.acme.com/bff/callback'],
    jwksUri: `${url}/bff/jwks`,
  });
});

test('servers named by the SDK variables are used: made ready once, and found again', async () => {
  const dynamodb = await startDynamodb();
  const kms = await startKms();
  onTestFinished(async () => {
    await Promise.all([dynamodb.close(), kms.close()]);
  });
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_KMS: kms.url,
    AWS_REGION: 'eu-central-1',
  };
  const first = await system({ environment });
  expect(first.dynamodb).toBeUndefined();
  expect(first.kms).toBeUndefined();
  expect(first.keys.dpop).toContain(':eu-central-1:');
  await first.close();
  const second = await system({ environment });
  expect(second.keys).toEqual(first.keys);
  expect(kms.calls.count('CreateKey')).toBe(2);
});

test('what a function may not do is denied, and the console says what is missing', async () => {
  const lines: string[] = [];
  const { kms, keys } = await system({ onLog: (name, line) => void lines.push(`${name} ${line}`) });
  const asMachine = (url = '') =>
    new KMSClient({
      region: 'us-east-1',
      endpoint: url,
      credentials: { accessKeyId: accessKeyOf('machine'), secretAccessKey: 'local' },
    });
  const KeyId = keys.dpop;
  const publicKey = (client: KMSClient) =>
    client.send(new GetPublicKeyCommand({ KeyId })).finally(() => client.destroy());
  await expect(publicKey(asMachine(kms?.url))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  const [line = ''] = lines.filter((one) => one.startsWith('iam '));
  expect(JSON.parse(line.slice(4))).toMatchObject({
    message: 'iam.denied',
    caller: 'machine',
    missing: expect.stringContaining(`"Action":"kms:GetPublicKey","Resource":"${KeyId}"`),
  });
  const lenient = await system({ strictIam: false });
  const own = { KeyId: lenient.keys.dpop };
  const client = asMachine(lenient.kms?.url);
  await client.send(new GetPublicKeyCommand(own)).finally(() => client.destroy());
});

test('a folder keeps the keys and the table, and is nobody else’s to read', async () => {
  const persist = join(await temporaryFolder(), 'data');
  const first = await system({ persist });
  await first.close();
  expect((await stat(persist)).mode & 0o077).toBe(0);
  const second = await system({ persist });
  expect(second.keys).toEqual(first.keys);
});

test('a folder belongs to one run at a time, and a run that died does not hold it', async () => {
  const persist = await temporaryFolder();
  const first = await system({ persist });
  await expect(startSystem({ persist, environment: {} })).rejects.toMatchObject({
    name: 'FolderInUse',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  await first.close();
  await writeFile(join(persist, 'run.pid'), '999999999');
  const second = await system({ persist });
  expect(second.keys).toEqual(first.keys);
});

test('a named server that cannot be reached is reported by its address', async () => {
  const AWS_ENDPOINT_URL_KMS = await deadOrigin();
  const failure = startSystem({ environment: { AWS_ENDPOINT_URL_KMS } });
  await expect(failure).rejects.toThrow(`${AWS_ENDPOINT_URL_KMS} cannot be used: `);
});

test('every fault of the configuration is named before anything runs', async () => {
  const config = { issuer: 'http://acme.okta.com', scopes: ['profile'], typo: 1 } as object;
  const failure = await startSystem({ config, environment: {} }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConfigError);
  const faults = (failure as ConfigError).faults.map((fault) => fault.split(':')[0]);
  expect(faults.sort()).toEqual(['clientId', 'issuer', 'scopes', 'typo']);
});

test('when one part cannot start, the others stop', async () => {
  const oktaPort = await takenPort();
  const first = await system();
  const { port } = first.gateway;
  await first.close();
  const failure = startSystem({ port, oktaPort, environment: {} });
  await expect(failure).rejects.toMatchObject({ name: 'PortTaken', port: oktaPort, whose: 'okta' });
  const again = await system({ port });
  expect(again.gateway.port).toBe(port);
});

test('paths of this machine take precedence over the app', async () => {
  const { url } = await system({
    mounts: ({ okta }) => ({ '/__local/': (_request, response) => response.end(okta?.issuer) }),
  });
  expect(await (await fetch(`${url}/__local/issuer`)).text()).toMatch(/^http:/);
});
