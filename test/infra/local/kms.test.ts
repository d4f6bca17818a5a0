import { constants, createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyLastUsageCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  paginateListKeys,
  SignCommand,
  type SigningAlgorithmSpec,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AwsEndpoint, throttled } from '#infra/local/aws/endpoint.ts';
import { ensureKey } from '#infra/local/aws/ensure-key.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';

let kms: AwsEndpoint;
let client: KMSClient;
let ec: string;
let rsa: string;

beforeAll(async () => {
  kms = await startKms();
  client = clientOf(kms);
  ec = await createKey();
  rsa = await createKey({ KeySpec: 'RSA_2048' });
});
afterEach(() => {
  kms.faults.reset();
  kms.calls.reset();
});
afterAll(async () => {
  client.destroy();
  await kms.close();
});

describe('keys', () => {
  test('a new key is described as KMS does', async () => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        Description: 'signs proofs',
        Policy: '{"Version":"2012-10-17","Statement":[]}',
        Tags: [{ TagKey: 'use', TagValue: 'dpop' }],
      }),
    );
    expect(KeyMetadata).toMatchObject({
      Arn: expect.stringMatching(/^arn:aws:kms:us-east-1:\d{12}:key\/[0-9a-f-]{36}$/),
      CreationDate: expect.any(Date),
      Description: 'signs proofs',
      Enabled: true,
      KeyManager: 'CUSTOMER',
      KeySpec: 'ECC_NIST_P256',
      KeyState: 'Enabled',
      KeyUsage: 'SIGN_VERIFY',
      MultiRegion: false,
      Origin: 'AWS_KMS',
      SigningAlgorithms: ['ECDSA_SHA_256'],
    });
    const described = await client.send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    expect(described.KeyMetadata).toEqual(KeyMetadata);
  });

  test.each<[string, Partial<CreateKeyCommandInput>, string, string | RegExp]>([
    ['no usage', { KeyUsage: undefined }, 'ValidationException', /^You must specify a KeyUsage/],
    [
      'a usage that the spec has not',
      { KeyUsage: 'ENCRYPT_DECRYPT' },
      'ValidationException',
      'KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256',
    ],
    [
      'a spec it cannot make',
      { KeySpec: 'ECC_NIST_P521' },
      'UnsupportedOperationException',
      /only/,
    ],
    ['a policy that is no JSON', { Policy: '{' }, 'MalformedPolicyDocumentException', /.*/],
    [
      'a reserved tag',
      { Tags: [{ TagKey: 'aws:x', TagValue: '' }] },
      'TagException',
      'Tags beginning with aws: are reserved',
    ],
    [
      'a tag twice',
      { Tags: ['1', '2'].map((TagValue) => ({ TagKey: 'a', TagValue })) },
      'TagException',
      'Duplicate tag keys',
    ],
    [
      'fifty-one tags',
      { Tags: Array.from({ length: 51 }, (_, i) => ({ TagKey: `t${i}`, TagValue: '' })) },
      'TagException',
      'Too many tags',
    ],
  ])('a key with %s is refused', async (_title, input, name, message) => {
    await expect(createKey(input)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  test('keys are listed page by page', async () => {
    const arns: (string | undefined)[] = [];
    for await (const { Keys } of paginateListKeys({ client, pageSize: 1 }, {})) {
      expect(Keys).toHaveLength(1);
      arns.push(...(Keys ?? []).map((key) => key.KeyArn));
    }
    expect(arns).toEqual(expect.arrayContaining([ec, rsa]));
    expect(new Set(arns).size).toBe(arns.length);
    await expect(client.send(new ListKeysCommand({ Marker: '!' }))).rejects.toMatchObject({
      name: 'InvalidMarkerException',
    });
  });

  test.each([
    ['nonsense', 'NotFoundException', "Invalid keyId 'nonsense'"],
    [
      '134f2428-cec1-4b25-a1ae-9048164dba47',
      'NotFoundException',
      "Key 'arn:aws:kms:us-east-1:111122223333:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
    ],
    [
      'arn:aws:kms:eu-west-1:111122223333:key/134f2428-cec1-4b25-a1ae-9048164dba47',
      'NotFoundException',
      'Invalid arn eu-west-1',
    ],
    [
      'alias/none',
      'NotFoundException',
      'Alias arn:aws:kms:us-east-1:111122223333:alias/none is not found.',
    ],
    ['arn:of:nothing', 'InvalidArnException', 'Invalid arn arn:of:nothing'],
  ])('an unknown key id (%s) is refused in KMS words', async (KeyId, name, message) => {
    await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name,
      message,
    });
  });

  test('tags are added, replaced and removed', async () => {
    const KeyId = await createKey({ Tags: [{ TagKey: 'state', TagValue: 'pending' }] });
    const added = [
      { TagKey: 'state', TagValue: 'active' },
      { TagKey: 'use', TagValue: 'dpop' },
    ];
    await client.send(new TagResourceCommand({ KeyId, Tags: added }));
    expect(await client.send(new ListResourceTagsCommand({ KeyId }))).toMatchObject({
      Tags: added,
      Truncated: false,
    });
    await client.send(new UntagResourceCommand({ KeyId, TagKeys: ['use'] }));
    const { Tags } = await client.send(new ListResourceTagsCommand({ KeyId }));
    expect(Tags).toEqual(added.slice(0, 1));
  });
});

describe('signatures', () => {
  const message = randomBytes(300);
  const pkcs1 = { padding: constants.RSA_PKCS1_PADDING };
  const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

  const algorithms: [SigningAlgorithmSpec, () => string, string, object][] = [
    ['ECDSA_SHA_256', () => ec, 'sha256', {}],
    ['RSASSA_PKCS1_V1_5_SHA_256', () => rsa, 'sha256', pkcs1],
    ['RSASSA_PKCS1_V1_5_SHA_384', () => rsa, 'sha384', pkcs1],
    ['RSASSA_PKCS1_V1_5_SHA_512', () => rsa, 'sha512', pkcs1],
    ['RSASSA_PSS_SHA_256', () => rsa, 'sha256', pss(32)],
    ['RSASSA_PSS_SHA_384', () => rsa, 'sha384', pss(48)],
    ['RSASSA_PSS_SHA_512', () => rsa, 'sha512', pss(64)],
  ];

  test.each(algorithms)(
    '%s verifies with another library, of the message and of its digest',
    async (...row) => {
      const [SigningAlgorithm, keyOf, hash, options] = row;
      const KeyId = keyOf();
      const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
      const key = createPublicKey({
        key: Buffer.from(PublicKey ?? []),
        format: 'der',
        type: 'spki',
      });
      const digest = createHash(hash).update(message).digest();
      for (const signed of [
        { Message: message, MessageType: 'RAW' },
        { Message: message },
        { Message: digest, MessageType: 'DIGEST' },
      ] as const) {
        const answer = await client.send(new SignCommand({ KeyId, SigningAlgorithm, ...signed }));
        expect(answer).toMatchObject({ KeyId, SigningAlgorithm });
        expect(verify(hash, message, { key, ...options }, answer.Signature ?? message)).toBe(true);
      }
    },
  );

  test('ECDSA signatures are DER of every length, high s included, and no two are alike', async () => {
    const signatures = await Promise.all(
      Array.from({ length: 200 }, () => signed({ Message: message })),
    );
    expect(new Set(signatures.map((s) => Buffer.from(s).toString('hex'))).size).toBe(200);
    expect(new Set(signatures.map((s) => s.length)).size).toBeGreaterThan(2);
    expect(signatures.every((s) => s[0] === 0x30 && s[1] === s.length - 2)).toBe(true);
    // s is the second integer; a leading zero byte tells that it is above 2^255, which low-s never is.
    expect(signatures.some((s) => s[5 + (s[3] ?? 0)] === 33)).toBe(true);
  });

  const long = randomBytes(4097);
  test.each<[string, object, string, string]>([
    [
      'a message of 4,097 bytes',
      { Message: long },
      'ValidationException',
      "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ],
    [
      'no message',
      { Message: new Uint8Array() },
      'ValidationException',
      "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a digest of another length',
      { Message: message, MessageType: 'DIGEST' },
      'ValidationException',
      'Digest is invalid length for algorithm ECDSA_SHA_256.',
    ],
    [
      'an algorithm of another kind of key',
      { SigningAlgorithm: 'RSASSA_PSS_SHA_256' },
      'InvalidKeyUsageException',
      'Algorithm RSASSA_PSS_SHA_256 is incompatible with key spec ECC_NIST_P256.',
    ],
    [
      'an algorithm for a longer curve',
      { SigningAlgorithm: 'ECDSA_SHA_384' },
      'InvalidKeyUsageException',
      'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
    ],
    [
      'an unknown algorithm',
      { SigningAlgorithm: 'none' },
      'ValidationException',
      "1 validation error detected: Value 'none' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256, RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, ED25519_SHA_512, ED25519_PH_SHA_512, SM2DSA, ML_DSA_SHAKE_256]",
    ],
    [
      'no algorithm',
      { SigningAlgorithm: undefined },
      'ValidationException',
      "1 validation error detected: Value null at 'signingAlgorithm' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a dry run',
      { DryRun: true },
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    ],
  ])('Sign with %s is refused', async (_title, input, name, text) => {
    await expect(signed({ Message: message, ...input })).rejects.toMatchObject({
      name,
      message: text,
    });
  });

  test('4,096 bytes are signed', async () => {
    await signed({ Message: long.subarray(1) });
  });

  test('the last use of a key is reported, and none before the first', async () => {
    const KeyId = await createKey();
    const unused = await client.send(new GetKeyLastUsageCommand({ KeyId }));
    expect(unused).toMatchObject({ KeyId, KeyCreationDate: expect.any(Date) });
    expect(unused.KeyLastUsage).toBeUndefined();
    await signed({ KeyId, Message: message });
    const used = await client.send(new GetKeyLastUsageCommand({ KeyId }));
    expect(used.KeyLastUsage).toMatchObject({ Operation: 'Sign', Timestamp: expect.any(Date) });
  });
});

describe('states', () => {
  test('a disabled key signs nothing and shows nothing until it is enabled', async () => {
    const KeyId = await createKey();
    await client.send(new DisableKeyCommand({ KeyId }));
    const disabled = { name: 'DisabledException', message: `${KeyId} is disabled.` };
    await expect(signed({ KeyId })).rejects.toMatchObject(disabled);
    await expect(client.send(new GetPublicKeyCommand({ KeyId }))).rejects.toMatchObject(disabled);
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false });
    await client.send(new EnableKeyCommand({ KeyId }));
    await signed({ KeyId });
  });

  test('the id, the ARN, the alias and its ARN name the same key', async () => {
    const first = await createKey();
    const second = await createKey();
    const AliasName = 'alias/bff/dpop';
    await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: first }));
    const { Aliases } = await client.send(new ListAliasesCommand({ KeyId: first }));
    expect(Aliases).toMatchObject([{ AliasName, TargetKeyId: first.split('/')[1] }]);
    for (const KeyId of [AliasName, Aliases?.[0]?.AliasArn, first.split('/')[1]]) {
      const answer = await client.send(signCommand({ KeyId }));
      expect(answer.KeyId).toBe(first);
    }
    await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: second }));
    expect((await client.send(signCommand({ KeyId: AliasName }))).KeyId).toBe(second);
    await expect(
      client.send(new CreateAliasCommand({ AliasName, TargetKeyId: first })),
    ).rejects.toMatchObject({ name: 'AlreadyExistsException' });
    await client.send(new DeleteAliasCommand({ AliasName }));
    await expect(signed({ KeyId: AliasName })).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test.each([
    ['bff', 'ValidationException', /^Alias must start with the prefix "alias\/"/],
    ['alias/a b', 'ValidationException', /regular expression/],
    ['alias/aws/kms', 'InvalidAliasNameException', /.*/],
  ])('the alias name %s is refused', async (AliasName, name, message) => {
    const create = new CreateAliasCommand({ AliasName, TargetKeyId: ec });
    await expect(client.send(create)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  test('administration takes no alias', async () => {
    await client.send(new CreateAliasCommand({ AliasName: 'alias/admin', TargetKeyId: ec }));
    await expect(
      client.send(new DisableKeyCommand({ KeyId: 'alias/admin' })),
    ).rejects.toMatchObject({ name: 'NotFoundException', message: "Invalid keyId 'alias/admin'" });
  });
});

describe('switches', () => {
  test('calls are counted by operation and key', async () => {
    await signed({ KeyId: ec });
    await signed({ KeyId: ec });
    await signed({ KeyId: rsa, SigningAlgorithm: 'RSASSA_PSS_SHA_256' });
    expect(kms.calls.count('Sign', ec)).toBe(2);
    expect(kms.calls.count('Sign', rsa)).toBe(1);
    expect(kms.calls.count('Sign')).toBe(3);
    expect(kms.calls.count('GetPublicKey')).toBe(0);
  });

  test('one key can be throttled while another signs', async () => {
    kms.faults.fault = ({ operation, key }) =>
      operation === 'Sign' && key === ec ? throttled : undefined;
    await expect(signed({ KeyId: ec })).rejects.toMatchObject({ name: 'ThrottlingException' });
    await signed({ KeyId: rsa, SigningAlgorithm: 'RSASSA_PSS_SHA_256' });
  });

  test('the next two calls can fail, and a client that retries gets through', async () => {
    const error = { error: 'KMSInternalException', status: 500 };
    kms.faults.failNext(error, { times: 2, operation: 'Sign' });
    const patient = clientOf(kms, { maxAttempts: 3 });
    await patient.send(signCommand({}));
    patient.destroy();
    expect(kms.calls.count('Sign')).toBe(3);
  });

  test('latency can be set for each call', async () => {
    const asked: string[] = [];
    kms.faults.latencyMs = ({ operation }) => asked.push(operation) && 1;
    await signed({});
    expect(asked).toEqual(['Sign']);
  });

  test('an answer can be rewritten', async () => {
    kms.faults.failNext({ rewrite: (answer) => ({ ...answer, KeyId: rsa }) });
    expect((await client.send(signCommand({ KeyId: ec }))).KeyId).toBe(rsa);
  });
});

test('a request without a signature, for another service or of another time is refused', async () => {
  const sent = await capturedHeaders();
  const answers = [
    [{ ...sent, authorization: '' }, 'MissingAuthenticationTokenException'],
    [{ ...sent, authorization: 'AWS4-HMAC-SHA256 x' }, 'IncompleteSignatureException'],
    [
      { ...sent, authorization: sent.authorization.replace('/kms/', '/dynamodb/') },
      'InvalidSignatureException',
    ],
    [
      {
        ...sent,
        authorization: sent.authorization.replace(/\/\d{8}\//, '/20200101/'),
        'x-amz-date': '20200101T000000Z',
      },
      'InvalidSignatureException',
    ],
  ] as const;
  for (const [headers, type] of answers) {
    const answer = await fetch(kms.url, { method: 'POST', headers, body: '{}' });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { __type: type, message: expect.any(String) },
    ]);
  }
});

test('an operation that it does not know is refused', async () => {
  const headers = { ...(await capturedHeaders()), 'x-amz-target': 'TrentService.Encrypt' };
  const answer = await fetch(kms.url, { method: 'POST', headers, body: '{}' });
  expect(await answer.json()).toMatchObject({ __type: 'UnknownOperationException' });
});

test('a local key is made once and found again by its alias', async () => {
  const asked = {
    alias: 'alias/local/dpop',
    spec: 'ECC_NIST_P256',
    tags: { use: 'dpop' },
  } as const;
  const made = await ensureKey(client, asked);
  expect(await ensureKey(client, asked)).toBe(made);
  const other = await ensureKey(client, { ...asked, spec: 'RSA_2048' });
  expect(other).not.toBe(made);
  expect(await ensureKey(client, { ...asked, spec: 'RSA_2048' })).toBe(other);
});

function clientOf({ url }: AwsEndpoint, options: { region?: string; maxAttempts?: number } = {}) {
  return new KMSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    ...options,
  });
}

async function createKey(input: Partial<CreateKeyCommandInput> = {}): Promise<string> {
  const { KeyMetadata } = await client.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', ...input }),
  );
  return KeyMetadata?.Arn ?? '';
}

const signCommand = (input: object) =>
  new SignCommand({
    KeyId: ec,
    SigningAlgorithm: 'ECDSA_SHA_256',
    Message: new Uint8Array([1, 2, 3]),
    ...input,
  });

const signed = async (input: object) =>
  (await client.send(signCommand(input))).Signature ?? new Uint8Array();

/** What a real client sends, to be spoiled. */
async function capturedHeaders() {
  const own = clientOf(kms);
  let headers: Record<string, string> = {};
  own.middlewareStack.add(
    (next) => (args) => {
      headers = (args.request as { headers: Record<string, string> }).headers;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await own.send(new ListKeysCommand({}));
  own.destroy();
  const { 'content-length': _, host: __, ...rest } = headers;
  return { authorization: '', ...rest };
}
