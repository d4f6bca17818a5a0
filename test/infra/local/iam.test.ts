// What the deployed policies deny is denied on this machine, in AWS's own words.
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  DisableKeyCommand,
  GetPublicKeyCommand,
  KMSClient,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessKeyOf } from '#infra/local/aws/iam/access-keys.ts';
import { type Backends, startBackends } from '#infra/local/run/backends.ts';
import { disableByBreakingGlass } from '#test/support/break-glass.ts';

const home = 'us-east-1';
const away = 'eu-west-1';
const table = 'bff';
const told: Record<string, string>[] = [];
let backends: Backends;
let now = Date.now();
const clients: { destroy(): void }[] = [];

beforeAll(async () => {
  backends = await startBackends({
    endpoints: {},
    table,
    keySpec: 'ECC_NIST_P256',
    latency: {},
    iam: { replicaRegions: [away], onDenied: (line) => void told.push(line) },
    kmsNow: () => now,
    environment: {},
  });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await backends?.close();
});

const as = (accessKeyId: string, region = home) => ({
  region,
  credentials: { accessKeyId, secretAccessKey: 'local' },
  maxAttempts: 1,
});
function kmsOf(name: string, region = home): KMSClient {
  const key = name === 'administrator' ? 'AKIALOCAL' : accessKeyOf(name);
  const client = new KMSClient({ ...as(key, region), endpoint: backends.kms?.url ?? '' });
  clients.push(client);
  return client;
}
function tableOf(name: string): DynamoDBClient {
  const url = backends.dynamodb?.url ?? '';
  const client = new DynamoDBClient({ ...as(accessKeyOf(name)), endpoint: url });
  clients.push(client);
  return client;
}
const session = (name: string, at = `local-${home}-${name}/${name}`) =>
  `User: arn:aws:sts::111122223333:assumed-role/${at} is not authorized to perform:`;

const signing = (KeyId: string, SigningAlgorithm = 'ECDSA_SHA_256') =>
  new SignCommand({
    KeyId,
    SigningAlgorithm: SigningAlgorithm as 'ECDSA_SHA_256',
    MessageType: 'DIGEST',
    Message: Buffer.alloc(32),
  });

describe('a key', () => {
  test('is signed with by auth, proxy, stream and the operator, and by nobody else', async () => {
    const { dpop } = backends.keys;
    for (const name of ['auth', 'proxy', 'stream', 'keys']) {
      expect((await kmsOf(name).send(signing(dpop))).KeyId, name).toBe(dpop);
    }
    for (const name of ['machine', 'authorizer', 'administrator']) {
      await expect(kmsOf(name).send(signing(dpop)), name).rejects.toMatchObject({
        name: 'AccessDeniedException',
        $metadata: { httpStatusCode: 400 },
      });
    }
  });

  test('is denied by its policy in KMS’s words, and by the role’s in IAM’s', async () => {
    const { dpop } = backends.keys;
    await expect(kmsOf('machine').send(signing(dpop))).rejects.toThrow(
      `${session('machine')} kms:Sign on resource: ${dpop} because no resource-based policy allows the kms:Sign action`,
    );
    await expect(kmsOf('proxy').send(new DescribeKeyCommand({ KeyId: dpop }))).rejects.toThrow(
      `${session('proxy')} kms:DescribeKey on resource: ${dpop} because no identity-based policy allows the kms:DescribeKey action`,
    );
  });

  test('is not signed with by another algorithm', async () => {
    const denied = kmsOf('proxy').send(signing(backends.keys.dpop, 'ECDSA_SHA_384'));
    await expect(denied).rejects.toThrow('because no resource-based policy allows');
    expect(told.at(-1)).toMatchObject({
      caller: 'proxy',
      action: 'kms:Sign',
      unmet: expect.stringContaining('kms:SigningAlgorithm is ECDSA_SHA_384, not StringEquals'),
    });
  });

  test('for DPoP is not published by machine, one for assertions is', async () => {
    const { dpop, assertion } = backends.keys;
    const machine = kmsOf('machine');
    await machine.send(new GetPublicKeyCommand({ KeyId: assertion }));
    await expect(machine.send(new GetPublicKeyCommand({ KeyId: dpop }))).rejects.toThrow(
      'because no identity-based policy allows the kms:GetPublicKey action',
    );
    expect(told.at(-1)).toEqual({
      level: 'WARN',
      message: 'iam.denied',
      caller: 'machine',
      action: 'kms:GetPublicKey',
      resource: dpop,
      missing: `{"Effect":"Allow","Action":"kms:GetPublicKey","Resource":"${dpop}"} in the policy of the role of machine`,
      unmet: 'aws:ResourceTag/bff-use is dpop, not StringEquals assertion',
    });
  });

  test('in use is disabled by an administrator only after its policy was changed', async () => {
    const admin = kmsOf('administrator');
    const KeyId = await newKey('keys');
    await kmsOf('keys').send(signing(KeyId));
    await expect(admin.send(new DisableKeyCommand({ KeyId }))).rejects.toThrow(
      'with an explicit deny in a resource-based policy',
    );
    expect(told.at(-1)?.deniedBy).toBe(
      'OnlyTheKillSwitchDisablesAKeyInUse in the policy of the key',
    );
    await disableByBreakingGlass(admin, KeyId);
    const { KeyMetadata } = await admin.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata?.KeyState).toBe('Disabled');
  });

  test('is deleted a week after its last signature, and not before', async () => {
    const KeyId = await newKey('keys');
    await kmsOf('keys').send(signing(KeyId));
    const deletion = () => kmsOf('keys').send(new ScheduleKeyDeletionCommand({ KeyId }));
    now += 7 * 86_400_000 - 1;
    await expect(deletion()).rejects.toThrow('with an explicit deny');
    now += 1;
    expect((await deletion()).KeyId).toBe(KeyId);
  });
});

const birth = (more: Partial<CreateKeyCommandInput> = {}) =>
  new CreateKeyCommand({
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'SIGN_VERIFY',
    MultiRegion: true,
    Policy: backends.keyPolicy,
    BypassPolicyLockoutSafetyCheck: true,
    Tags: [
      { TagKey: 'bff-broker', TagValue: 'local' },
      { TagKey: 'bff-use', TagValue: 'dpop' },
    ],
    ...more,
  });
const newKey = async (name: string) => (await kmsOf(name).send(birth())).KeyMetadata?.Arn ?? '';

describe('a new key', () => {
  test('is made by the operator’s function, and by no other', async () => {
    expect(await newKey('keys')).toContain(':key/mrk-');
    for (const name of ['auth', 'proxy', 'stream', 'machine', 'authorizer']) {
      await expect(kmsOf(name).send(birth()), name).rejects.toThrow(/perform: kms:CreateKey/);
    }
  });

  test('with a policy that its maker could not change takes an explicit wish', async () => {
    const wary = { BypassPolicyLockoutSafetyCheck: false };
    const keys = kmsOf('keys');
    await expect(keys.send(birth(wary))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: 'The new key policy will not allow you to update the key policy in the future.',
    });
    await kmsOf('administrator').send(birth(wary));
    const replica = {
      KeyId: await newKey('keys'),
      ReplicaRegion: away,
      Policy: backends.keyPolicy,
    };
    await expect(keys.send(new ReplicateKeyCommand(replica))).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
    });
    await keys.send(new ReplicateKeyCommand({ ...replica, BypassPolicyLockoutSafetyCheck: true }));
  });

  test.each<[string, Partial<CreateKeyCommandInput>]>([
    [
      'of another broker',
      {
        Tags: [
          { TagKey: 'bff-broker', TagValue: 'b' },
          { TagKey: 'bff-use', TagValue: 'dpop' },
        ],
      },
    ],
    [
      'for another use',
      {
        Tags: [
          { TagKey: 'bff-broker', TagValue: 'local' },
          { TagKey: 'bff-use', TagValue: 'root' },
        ],
      },
    ],
    ['without tags', { Tags: [] }],
    ['of one Region', { MultiRegion: false }],
  ])('%s is not made', async (_name, more) => {
    await expect(kmsOf('keys').send(birth(more))).rejects.toThrow(/kms:(CreateKey|TagResource)/);
  });

  test('is made at home, and copied only to the Regions of the configuration', async () => {
    await expect(kmsOf('keys', 'eu-north-1').send(birth())).rejects.toThrow(/kms:CreateKey/);
    const KeyId = await newKey('keys');
    await expect(
      kmsOf('keys').send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-north-1' })),
    ).rejects.toThrow(/kms:ReplicateKey/);
  });

  test('gets an alias of the broker’s own', async () => {
    const TargetKeyId = await newKey('keys');
    const alias = (AliasName: string) =>
      kmsOf('keys').send(new CreateAliasCommand({ AliasName, TargetKeyId }));
    await alias('alias/local/dpop/test');
    await expect(alias('alias/payments')).rejects.toThrow(
      'kms:CreateAlias on resource: arn:aws:kms:us-east-1:111122223333:alias/payments',
    );
  });
});

test('a key of other people is not called ours', async () => {
  const made = await kmsOf('administrator').send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
  );
  const KeyId = made.KeyMetadata?.Arn ?? '';
  const { Tags } = birth().input;
  await expect(kmsOf('keys').send(new TagResourceCommand({ KeyId, Tags }))).rejects.toThrow(
    'because no identity-based policy allows the kms:TagResource action',
  );
  expect(told.at(-1)?.unmet).toBe('kms:MultiRegion is false, not BoolIfExists true');
});

describe('items', () => {
  const item = (pk: string) => ({ pk: { S: pk }, sk: { S: 'session' } });
  const put = (name: string, pk: string) =>
    tableOf(name).send(new PutItemCommand({ TableName: table, Item: item(pk) }));
  const get = (name: string, pk: string) =>
    tableOf(name).send(new GetItemCommand({ TableName: table, Key: item(pk) }));

  test('are reached by the beginning of their key', async () => {
    await put('auth', 'session#1');
    await get('machine', 'session#1');
    await expect(put('auth', 'ring')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `${session('auth')} dynamodb:PutItem on resource: arn:aws:dynamodb:${home}:111122223333:table/bff because no identity-based policy allows the dynamodb:PutItem action`,
    });
    await expect(put('proxy', 'session#1')).rejects.toThrow(/dynamodb:PutItem/);
    await expect(get('proxy', 'login#1')).rejects.toThrow(/dynamodb:GetItem/);
    await expect(get('authorizer', 'session#1')).rejects.toThrow(/dynamodb:GetItem/);
  });

  test('are listed by nobody', async () => {
    for (const name of ['auth', 'proxy', 'machine', 'keys']) {
      await expect(tableOf(name).send(new ScanCommand({ TableName: table })), name).rejects.toThrow(
        /dynamodb:Scan/,
      );
    }
  });
});

test('the access key of a function that does not exist is unknown', async () => {
  await expect(kmsOf('nobody').send(signing(backends.keys.dpop))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
});
