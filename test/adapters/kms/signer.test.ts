import { CreateAliasCommand, DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sdkKms } from '#adapters/aws/kms.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import type { Signer } from '#core/ports.ts';
import { throttled } from '#infra/local/aws/endpoint.ts';
import { type KmsForTests, kmsForTests } from '#test/adapters/kms-for-tests.ts';
import { expectUnavailable, signerContract } from '../../contracts/signer.ts';

const onSdk = async () => {
  const { client, es256, rs256, close } = await kmsForTests();
  const unknownKey = es256.replace(/[^/]+$/, '134f2428-cec1-4b25-a1ae-9048164dba47');
  return { signer: kmsSigner(sdkKms(client)), keys: { es256, rs256 }, unknownKey, close };
};
// The client on the hot path signs the five thousand; this one would take ten seconds for them.
signerContract('the KMS signer on the SDK client', onSdk, { signatures: 500 });

let kms: KmsForTests;
let signer: Signer;
const data = Buffer.from('header.payload');

beforeAll(async () => {
  kms = await kmsForTests();
});
afterEach(() => {
  kms.faults.reset();
  kms.calls.reset();
});
afterAll(() => kms.close());

const fresh = () => {
  signer = kmsSigner(sdkKms(kms.client));
  return signer;
};
const failure = (promise: Promise<unknown>) => promise.then(undefined, (error: unknown) => error);

test('callers that ask together share one GetPublicKey, and later callers need none', async () => {
  fresh();
  await Promise.all(Array.from({ length: 10 }, () => signer.key(kms.es256)));
  await (await signer.key(kms.es256)).sign(data);
  expect(kms.calls.count('GetPublicKey', kms.es256)).toBe(1);
  expect(kms.calls.count('Sign', kms.es256)).toBe(1);
});

test('a failed GetPublicKey is forgotten', async () => {
  fresh();
  kms.faults.failNext(throttled, { operation: 'GetPublicKey' });
  const faults = await Promise.all([1, 2].map(() => failure(signer.key(kms.es256))));
  for (const fault of faults) expectUnavailable(fault, kms.es256);
  expect((await signer.key(kms.es256)).alg).toBe('ES256');
  expect(kms.calls.count('GetPublicKey')).toBe(2);
});

test.each([
  ['throttled', throttled],
  ['an internal error', { error: 'KMSInternalException', status: 500 }],
  ['no access', { error: 'AccessDeniedException', message: 'User: arn:aws:sts::1:x may not' }],
  ['a connection that dies', 'hang_up'],
  ['a lost answer', 'lose_answer'],
  ['an answer of another key', { rewrite: (a: object) => ({ ...a, KeyId: 'arn:other' }) }],
  ['an answer without a key', { rewrite: (a: object) => ({ ...a, KeyId: undefined }) }],
  ['no signature', { rewrite: (a: object) => ({ ...a, Signature: undefined }) }],
  [
    'a signature that is not DER',
    { rewrite: (a: object) => ({ ...a, Signature: Buffer.alloc(64).toString('base64') }) },
  ],
] as const)('%s is signer_unavailable, and the next signature is fine', async (_title, fault) => {
  const key = await fresh().key(kms.es256);
  kms.faults.failNext(fault, { operation: 'Sign' });
  expectUnavailable(await failure(key.sign(data)), kms.es256);
  expect(await key.sign(data)).toHaveLength(64);
});

test('a disabled key does not sign, and signs again without a restart once it is enabled', async () => {
  const key = await fresh().key(kms.es256);
  await kms.client.send(new DisableKeyCommand({ KeyId: kms.es256 }));
  const fault = await failure(key.sign(data));
  expectUnavailable(fault, kms.es256);
  expect(fault).toMatchObject({
    message: 'KMS Sign failed: DisabledException',
    cause: { name: 'DisabledException' },
  });
  expectUnavailable(await failure(fresh().key(kms.es256)), kms.es256);
  await kms.client.send(new EnableKeyCommand({ KeyId: kms.es256 }));
  expect(await key.sign(data)).toHaveLength(64);
  await signer.key(kms.es256);
});

test('an alias is no key: what it names may change under a session', async () => {
  const alias = 'alias/dpop';
  await kms.client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: kms.es256 }));
  expectUnavailable(await failure(fresh().key(alias)), alias);
  expectUnavailable(await failure(signer.key(kms.es256.split('/')[1] ?? '')), kms.es256);
});

test('a key that cannot sign with our algorithms is refused', async () => {
  fresh();
  kms.faults.failNext({ rewrite: (answer) => ({ ...answer, SigningAlgorithms: ['SM2DSA'] }) });
  expectUnavailable(await failure(signer.key(kms.es256)), kms.es256);
});
