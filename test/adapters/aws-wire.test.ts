import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AwsCall, awsWire } from '#adapters/aws-wire.ts';
import { type HttpClient, httpClient } from '#adapters/http-client.ts';
import type { Table } from '#adapters/items.ts';
import { kmsSigner } from '#adapters/kms-signer.ts';
import { type LeanAccess, leanAws } from '#adapters/lean-aws.ts';
import { sessionStore } from '#adapters/session-store.ts';
import { type AwsEndpoint, type Fault, throttled } from '#infra/local/aws-endpoint.ts';
import { startDynamodb } from '#infra/local/dynamodb.ts';
import { startKms } from '#infra/local/kms/server.ts';
import { sessionStoreContract } from '../contracts/session-store.ts';
import { expectUnavailable, signerContract } from '../contracts/signer.ts';
import { serveBytes } from '../support/loopback.ts';
import { dynamodbServers } from './dynamodb-servers.ts';
import { kmsForTests } from './kms-for-tests.ts';
import { tableForTests } from './table-for-tests.ts';

const local = { accessKeyId: 'local', secretAccessKey: 'local' };
const access = { region: 'us-east-1', credentials: local };

const kmsCall = (http: HttpClient, endpoint: string, as = access, timeoutMs = 10_000): AwsCall =>
  awsWire(http, as, { name: 'kms', endpoint, target: 'TrentService', version: '1.1', timeoutMs });
const dynamodbCall = (http: HttpClient, endpoint: string, as = access): AwsCall =>
  awsWire(http, as, { name: 'dynamodb', endpoint, target: 'DynamoDB_20120810', version: '1.0' });
const unused = { kms: 'http://127.0.0.1:1', dynamodb: 'http://127.0.0.1:1' };
const lean = (
  http: HttpClient,
  endpoints: Partial<LeanAccess['endpoints']>,
  table: Table = { name: 'none', clock: { now: Date.now } },
) => leanAws(http, { ...access, endpoints: { ...unused, ...endpoints } }, table);

signerContract('the KMS signer on the lean client', async () => {
  const kms = await kmsForTests();
  const http = httpClient();
  return {
    signer: kmsSigner(lean(http, { kms: kms.url }).kms),
    keys: kms,
    unknownKey: kms.es256.replace(/[^/]+$/, '134f2428-cec1-4b25-a1ae-9048164dba47'),
    async close() {
      await http.close();
      await kms.close();
    },
  };
});

for (const { name, start } of dynamodbServers) {
  if (!start) continue;
  describe(`on ${name}`, () => {
    sessionStoreContract('sessions read by the lean client', async (clock) => {
      const server = await start();
      const { client, table } = await tableForTests(server.url, clock);
      const http = httpClient();
      const { readSession: read } = lean(http, { dynamodb: server.url }, table);
      return {
        store: { ...sessionStore(client, table), read },
        async close() {
          client.destroy();
          await http.close();
          await server.close();
        },
      };
    });
  });
}

describe('the lean client', () => {
  let kms: AwsEndpoint;
  let http: HttpClient;
  let call: AwsCall;

  beforeAll(async () => {
    kms = await startKms({ credentials: local });
    http = httpClient();
    call = kmsCall(http, kms.url);
  });
  afterEach(() => {
    kms.faults.reset();
    kms.calls.reset();
  });
  afterAll(async () => {
    await http.close();
    await kms.close();
  });

  test('signs as the SDK does: what verifies the one verifies the other', async () => {
    const dynamodb = await startDynamodb({ credentials: local });
    for (const secretAccessKey of ['local', 'wrong']) {
      const credentials = { ...local, secretAccessKey };
      const options = { region: 'us-east-1', credentials, maxAttempts: 1 };
      const kmsClient = new KMSClient({ ...options, endpoint: kms.url });
      const dynamodbClient = new DynamoDBClient({ ...options, endpoint: dynamodb.url });
      const Item = { pk: { S: 'é' } };
      const answers = await Promise.allSettled([
        kmsClient.send(new ListKeysCommand({})),
        kmsCall(http, kms.url, { ...access, credentials })('ListKeys', '{}'),
        dynamodbClient.send(new PutItemCommand({ TableName: 'none', Item })),
        dynamodbCall(http, dynamodb.url, { ...access, credentials })(
          'PutItem',
          JSON.stringify({ TableName: 'none', Item }),
        ),
      ]);
      const names = answers.map((one) => (one.status === 'rejected' ? one.reason.name : 'ok'));
      expect(names).toEqual(
        secretAccessKey === 'local'
          ? ['ok', 'ok', 'ResourceNotFoundException', 'ResourceNotFoundException']
          : Array(4).fill('InvalidSignatureException'),
      );
      kmsClient.destroy();
      dynamodbClient.destroy();
    }
    await dynamodb.close();
  });

  test('sends and signs the token of temporary credentials', async () => {
    const heads: string[] = [];
    const { origin } = await serveBytes((socket) =>
      socket.once('data', (data) => {
        heads.push(data.toString());
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}');
      }),
    );
    const credentials = { ...local, sessionToken: 'token+/=' };
    await kmsCall(http, origin, { ...access, credentials })('ListKeys', '{}');
    expect(heads[0]).toMatch(/\r\nx-amz-security-token: token\+\/=\r\n/i);
    expect(heads[0]).toMatch(/SignedHeaders=[a-z0-9;-]*host;[a-z0-9;-]*x-amz-security-token/);
  });

  test.each<[string, Fault]>([
    ['a throttle', throttled],
    ['an internal error', { error: 'KMSInternalException', status: 500 }],
    ['a connection that dies', 'hang_up'],
    ['a lost answer', 'lose_answer'],
  ])('repeats a call once after %s', async (_title, fault) => {
    kms.faults.failNext(fault);
    expect(await call('ListKeys', '{}')).toMatchObject({ Keys: [] });
    expect(kms.calls.count()).toBe(2);
    kms.faults.failNext(fault, { times: 2 });
    await expect(call('ListKeys', '{}')).rejects.toThrow();
    expect(kms.calls.count()).toBe(4);
  });

  test('does not repeat what AWS refused', async () => {
    kms.faults.failNext({ error: 'AccessDeniedException', message: 'arn:aws:iam::1:role/x' });
    const fault = await call('ListKeys', '{}').catch((error: unknown) => error);
    expect(fault).toMatchObject({ name: 'AccessDeniedException', status: 400 });
    expect(String(fault)).not.toContain('arn:');
    expect(kms.calls.count()).toBe(1);
  });

  test('names errors without their namespace', async () => {
    for (const type of ['com.amazonaws.kms#DisabledException', 'DisabledException:http://x']) {
      kms.faults.failNext({ error: type });
      await expect(call('ListKeys', '{}')).rejects.toMatchObject({ name: 'DisabledException' });
    }
  });

  test('an answer that is no JSON is an error', async () => {
    for (const status of ['200 OK', '403 Forbidden']) {
      const { origin } = await serveBytes((socket) =>
        socket.once('data', () =>
          socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 4\r\nconnection: close\r\n\r\n<ok>`),
        ),
      );
      const broken = kmsCall(http, origin)('ListKeys', '{}');
      await expect(broken).rejects.toMatchObject({ name: 'UnknownError' });
    }
  });

  test('AWS that does not answer is given up, and not asked again', async () => {
    let connections = 0;
    const { origin } = await serveBytes(() => {
      connections++;
    });
    const impatient = kmsCall(http, origin, access, 20);
    await expect(impatient('ListKeys', '{}')).rejects.toMatchObject({ fault: 'timeout' });
    expect(connections).toBe(1);
  });

  test('a connection that died while it was idle costs nothing', async () => {
    const server = await startKms();
    const steady = kmsCall(http, server.url);
    await steady('ListKeys', '{}');
    const { port } = new URL(server.url);
    await server.close();
    const again = await startKms({ port: Number(port) });
    expect(await steady('ListKeys', '{}')).toMatchObject({ Keys: [] });
    await again.close();
  });
});

describe('on the lean client', () => {
  test('a key that KMS refuses, and a signature of another key, are signer_unavailable', async () => {
    const kms = await kmsForTests();
    const http = httpClient();
    const key = await kmsSigner(lean(http, { kms: kms.url }).kms).key(kms.es256);
    for (const fault of [
      { error: 'DisabledException', message: `${kms.es256} is disabled.` },
      { error: 'KMSInvalidStateException', message: `${kms.es256} is pending deletion.` },
      { rewrite: (answer: object) => ({ ...answer, KeyId: kms.rs256 }) },
      { rewrite: (answer: object) => ({ ...answer, Signature: 7 }) },
    ]) {
      kms.faults.failNext(fault);
      const failure = await key.sign(Buffer.from('x')).catch((error: unknown) => error);
      expectUnavailable(failure, kms.es256);
    }
    expect(await key.sign(Buffer.from('x'))).toHaveLength(64);
    await http.close();
    await kms.close();
  });

  test('a store that fails is store_unavailable', async () => {
    const dynamodb = await startDynamodb();
    const http = httpClient();
    const { readSession: read } = lean(http, { dynamodb: dynamodb.url });
    const failure = await read('id').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'store_unavailable',
      message: 'DynamoDB Query failed: ResourceNotFoundException',
      headers: { 'retry-after': expect.stringMatching(/^[1-3]$/) },
    });
    await dynamodb.close();
    expect(await read('id').catch((error: unknown) => error)).toMatchObject({
      code: 'store_unavailable',
      message: 'DynamoDB Query failed: HttpFailure',
    });
    await http.close();
  });
});
