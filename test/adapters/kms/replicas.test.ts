import { randomBytes } from 'node:crypto';
import {
  CreateKeyCommand,
  DisableKeyCommand,
  KMSClient,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sdkKms } from '#adapters/aws/kms.ts';
import { hereByAnyName, withReplicas } from '#adapters/kms/replicas.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { idIn } from '#core/lib/key-arn.ts';
import { type AwsEndpoint, type AwsFault, throttled } from '#infra/local/aws/endpoint.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { signerContract } from '../../contracts/signer.ts';

const home = 'eu-central-1';
const away = 'eu-west-1';
let kms: AwsEndpoint;
let clients: Record<string, KMSClient>;
let now = 0;

const clientOf = (server: AwsEndpoint, region: string) =>
  new KMSClient({
    endpoint: server.url,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

beforeAll(async () => {
  kms = await startKms();
  clients = { [home]: clientOf(kms, home), [away]: clientOf(kms, away) };
});
afterEach(() => {
  kms.faults.reset();
  kms.calls.reset();
});
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await kms.close();
});

const signerIn = (region: string) => kmsSigner(sdkKms(clients[region] as KMSClient));

async function replicated(spec: 'ECC_NIST_P256' | 'RSA_2048' = 'ECC_NIST_P256') {
  const made = await clients[home]?.send(
    new CreateKeyCommand({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY', MultiRegion: true }),
  );
  const id = made?.KeyMetadata?.Arn ?? '';
  await clients[home]?.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: away }));
  return id;
}

function make() {
  const failovers: number[] = [];
  const signer = withReplicas(signerIn(home), [{ region: away, signer: signerIn(away) }], {
    clock: { now: () => now },
    onFailover: () => failovers.push(now),
  });
  return { signer, failovers };
}

const failing = (where: string, fault: AwsFault) => {
  kms.faults.fault = ({ region }) => (region === where ? fault : undefined);
};
const data = randomBytes(10);

signerContract(
  'a signer with replicas, with home away,',
  async () => {
    const keys = { es256: await replicated(), rs256: await replicated('RSA_2048') };
    const unknownKey = keys.es256.replace(/[^/]+$/, '134f2428-cec1-4b25-a1ae-9048164dba47');
    const dead = kmsSigner(sdkKms(clientOf(await closedKms(), home)));
    const signer = withReplicas(dead, [{ region: away, signer: signerIn(away) }], {
      clock: { now: () => Date.now() },
    });
    return { signer, keys, unknownKey, close: async () => {} };
  },
  { signatures: 100 },
);

async function closedKms(): Promise<AwsEndpoint> {
  const server = await startKms();
  await server.close();
  return server;
}

test('home signs while it can, and its replica is not asked', async () => {
  const id = await replicated();
  const { signer, failovers } = make();
  await (await signer.key(id)).sign(data);
  expect(kms.calls.count('Sign', id)).toBe(1);
  expect(kms.calls.count(undefined, idIn(away, id))).toBe(0);
  expect(failovers).toEqual([]);
});

test.each([
  ['throttles', throttled],
  ['has an internal error', { error: 'KMSInternalException', status: 500 }],
  ['hangs up', 'hang_up'],
  ['says LimitExceeded', { error: 'LimitExceededException' }],
] as [string, AwsFault][])('the replica signs when home %s', async (_, fault) => {
  now += 100_000;
  const id = await replicated();
  const { signer, failovers } = make();
  const key = await signer.key(id);
  failing(home, fault);
  expect(await key.sign(data)).toHaveLength(64);
  expect(kms.calls.count('Sign', idIn(away, id))).toBe(1);
  expect(failovers).toHaveLength(1);
});

test('the key stays what sessions know: same id, same thumbprint', async () => {
  now += 100_000;
  const id = await replicated();
  const { jkt } = await make().signer.key(id);
  failing(home, throttled);
  expect(await make().signer.key(id)).toMatchObject({ id, jkt });
});

test('home is left alone for some seconds, and asked again after them', async () => {
  now += 100_000;
  const id = await replicated();
  const { signer, failovers } = make();
  const key = await signer.key(id);
  failing(home, throttled);
  await key.sign(data);
  kms.calls.reset();
  for (let i = 0; i < 5; i++) await key.sign(data);
  expect(kms.calls.count('Sign', id)).toBe(0);
  expect(failovers).toHaveLength(1);
  now += 5_000;
  kms.faults.reset();
  await key.sign(data);
  expect(kms.calls.count('Sign', id)).toBe(1);
});

test('a key that is disabled at home signs nowhere', async () => {
  now += 100_000;
  const id = await replicated();
  const { signer } = make();
  const key = await signer.key(id);
  await clients[home]?.send(new DisableKeyCommand({ KeyId: id }));
  await expect(key.sign(data)).rejects.toMatchObject({ code: 'signer_unavailable' });
  expect(kms.calls.count('Sign', idIn(away, id))).toBe(0);
});

test.each<[string, AwsFault]>([
  ...[
    'DisabledException',
    'KMSInvalidStateException',
    'NotFoundException',
    'AccessDeniedException',
    'InvalidKeyUsageException',
    'InvalidArnException',
    'ValidationException',
  ].map((error): [string, AwsFault] => [error, { error }]),
  ['the signature of another key', { rewrite: (answer) => ({ ...answer, KeyId: 'arn:another' }) }],
])('the replica does not sign when home says something about the key: %s', async (_, fault) => {
  now += 100_000;
  const id = await replicated();
  const { signer, failovers } = make();
  const key = await signer.key(id);
  failing(home, fault);
  await expect(key.sign(data)).rejects.toMatchObject({ code: 'signer_unavailable' });
  expect(kms.calls.count('Sign', id)).toBe(1);
  expect(kms.calls.count(undefined, idIn(away, id))).toBe(0);
  expect(failovers).toEqual([]);
});

test('the replica does not sign when home now has another key under the same id', async () => {
  now += 100_000;
  const [id, other] = [await replicated(), await replicated()];
  const answers = [id, other];
  const changing = { key: () => signerIn(home).key(answers.shift() ?? other) };
  const signer = withReplicas(changing, [{ region: away, signer: signerIn(away) }], {
    clock: { now: () => now },
  });
  const key = await signer.key(id);
  await expect(key.sign(data)).rejects.toMatchObject({ code: 'signer_unavailable' });
  expect(kms.calls.count(undefined, idIn(away, id))).toBe(0);
});

test('while home is left alone, a replica that cannot sign does not take home down with it', async () => {
  now += 100_000;
  const id = await replicated();
  const { signer } = make();
  const key = await signer.key(id);
  failing(home, throttled);
  await key.sign(data);
  failing(away, throttled);
  expect(await key.sign(data)).toHaveLength(64);
});

test('when nobody signs, the fault of the home Region is reported', async () => {
  now += 100_000;
  const id = await replicated();
  const { signer } = make();
  const key = await signer.key(id);
  kms.faults.fault = ({ region }) => (region === home ? throttled : { error: 'NotFoundException' });
  await expect(key.sign(data)).rejects.toMatchObject({
    code: 'signer_unavailable',
    message: expect.stringContaining('ThrottlingException'),
  });
});

test('another key under the same id is not used', async () => {
  now += 100_000;
  const id = await replicated();
  const other = await replicated();
  const impostor = { key: () => signerIn(away).key(idIn(away, other)) };
  const signer = withReplicas(signerIn(home), [{ region: away, signer: impostor }], {
    clock: { now: () => now },
  });
  const key = await signer.key(id);
  failing(home, throttled);
  await expect(key.sign(data)).rejects.toMatchObject({ code: 'signer_unavailable' });
});

test('a function in another Region signs with the key there, under the name that the session has for it', async () => {
  const id = await replicated();
  const athome = await signerIn(home).key(id);
  // KMS refuses the name of another Region.
  await expect(signerIn(away).key(id)).rejects.toThrow();
  const key = await hereByAnyName(away, signerIn(away)).key(id);
  expect([key.id, key.jkt]).toEqual([id, athome.jkt]);
  await key.sign(data);
  expect(kms.calls.count('Sign', idIn(away, id))).toBe(1);
  expect(kms.calls.count('Sign', id)).toBe(0);
});
