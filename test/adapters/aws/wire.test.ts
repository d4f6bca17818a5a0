import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leanAws } from '#adapters/aws/lean.ts';
import { type AwsCall, awsWire } from '#adapters/aws/wire.ts';
import { type HttpClient, httpClient } from '#adapters/http/client.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { type AwsEndpoint, type AwsFault, throttled } from '#infra/local/aws/endpoint.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { local, onlyAt } from '#test/adapters/aws-clients.ts';
import { kmsForTests } from '#test/adapters/kms-for-tests.ts';
import { expectUnavailable, signerContract } from '../../contracts/signer.ts';
import { serveBytes } from '../../support/loopback.ts';

const access = { region: 'us-east-1', credentials: local };

const kmsCall = (http: HttpClient, endpoint: string, as = access, timeoutMs = 10_000): AwsCall =>
  awsWire(http, as, {
    name: 'kms',
    endpoint,
    target: 'TrentService',
    version: '1.1',
    attempts: 2,
    timeoutMs,
  });
const dynamodbCall = (http: HttpClient, endpoint: string, as = access): AwsCall =>
  awsWire(http, as, {
    name: 'dynamodb',
    endpoint,
    target: 'DynamoDB_20120810',
    version: '1.0',
    attempts: 3,
  });

signerContract('the KMS signer on the lean client', async () => {
  const kms = await kmsForTests();
  const http = httpClient();
  return {
    signer: kmsSigner(leanAws(http, onlyAt({ kms: kms.url })).kms),
    keys: kms,
    unknownKey: kms.es256.replace(/[^/]+$/, '134f2428-cec1-4b25-a1ae-9048164dba47'),
    async close() {
      await http.close();
      await kms.close();
    },
  };
});

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

  test.each<[string, AwsFault]>([
    ['a throttle', throttled],
    ['an internal error', { error: 'KMSInternalException', status: 500 }],
    ['a connection that dies', 'hang_up'],
    ['a lost answer', 'lose_answer'],
    ['half an answer', 'cut_answer'],
  ])('repeats a call once after %s', async (_title, fault) => {
    kms.faults.failNext(fault);
    expect(await call('ListKeys', '{}')).toMatchObject({ Keys: [] });
    expect(kms.calls.count()).toBe(2);
    kms.faults.failNext(fault, { times: 2 });
    await expect(call('ListKeys', '{}')).rejects.toThrow();
    expect(kms.calls.count()).toBe(4);
  });

  test('gives DynamoDB two more tries', async () => {
    const dynamodb = await startDynamodb();
    const ask = dynamodbCall(http, dynamodb.url);
    dynamodb.faults.failNext(throttled, { times: 2 });
    expect(await ask('ListTables', '{}')).toEqual({ TableNames: [] });
    dynamodb.faults.failNext(throttled, { times: 3 });
    await expect(ask('ListTables', '{}')).rejects.toThrow();
    expect(dynamodb.calls.count()).toBe(6);
    await dynamodb.close();
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

  test('an answer that is not JSON is an error', async () => {
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

  test('a call that AWS does not answer is given up, and not repeated', async () => {
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
    const key = await kmsSigner(leanAws(http, onlyAt({ kms: kms.url })).kms).key(kms.es256);
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
    const lean = leanAws(http, onlyAt({ dynamodb: dynamodb.url }));
    const table = { name: 'none', clock: { now: Date.now } };
    const { read } = sessionStore(lean.dynamodb, table);
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

test('the lean client reads a secret', async () => {
  const asked: string[] = [];
  const { origin } = await serveBytes((socket) =>
    socket.once('data', (data) => {
      asked.push(data.toString());
      const body = JSON.stringify({ ARN: 'arn:secret', SecretString: 'shh' });
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    }),
  );
  const http = httpClient();
  const { secret } = leanAws(http, onlyAt({ secretsmanager: origin }));
  expect(await secret('arn:secret')).toBe('shh');
  expect(asked[0]).toMatch(/\r\nx-amz-target: secretsmanager.GetSecretValue\r\n/i);
  expect(asked[0]).toContain('/us-east-1/secretsmanager/aws4_request');
  expect(asked[0]).toMatch(/\r\n\r\n\{"SecretId":"arn:secret"\}$/);
  await http.close();
});
