import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  GetPublicKeyCommand,
  KMSClient,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { ensureKey } from '#infra/local/aws/ensure-key.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';

const day = 86_400_000;
let kms: AwsEndpoint;
let home: KMSClient;
let away: KMSClient;
let now = Date.now();

beforeAll(async () => {
  kms = await startKms({ now: () => now });
  home = clientOf(kms, 'eu-central-1');
  away = clientOf(kms, 'eu-west-1');
});
afterAll(async () => {
  home.destroy();
  away.destroy();
  await kms.close();
});

test('a key that waits for its deletion signs nothing, and comes back disabled or is gone in the end', async () => {
  const KeyId = await createKey();
  await expect(
    home.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 })),
  ).rejects.toMatchObject({ name: 'ValidationException' });
  const scheduled = await home.send(
    new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }),
  );
  expect(scheduled).toMatchObject({
    KeyId,
    KeyState: 'PendingDeletion',
    DeletionDate: new Date(now + 7 * day),
  });
  const pending = { name: 'KMSInvalidStateException', message: `${KeyId} is pending deletion.` };
  await expect(home.send(signCommand(KeyId))).rejects.toMatchObject(pending);
  await expect(home.send(new EnableKeyCommand({ KeyId }))).rejects.toMatchObject(pending);
  await expect(home.send(new ScheduleKeyDeletionCommand({ KeyId }))).rejects.toMatchObject(pending);

  await home.send(new CancelKeyDeletionCommand({ KeyId }));
  await expect(home.send(signCommand(KeyId))).rejects.toMatchObject({ name: 'DisabledException' });
  await expect(home.send(new CancelKeyDeletionCommand({ KeyId }))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  });
  await home.send(new EnableKeyCommand({ KeyId }));
  await home.send(signCommand(KeyId));

  await home.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  now += 7 * day;
  await expect(home.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
});

test('a replica in another Region has the same public key, its own state and its own ARN', async () => {
  const KeyId = await createKey({ MultiRegion: true });
  const { KeyMetadata } = await home.send(new DescribeKeyCommand({ KeyId }));
  expect(KeyMetadata?.KeyId).toMatch(/^mrk-[0-9a-f]{32}$/);
  const there = KeyId.replace('eu-central-1', 'eu-west-1');
  await expect(away.send(new GetPublicKeyCommand({ KeyId: there }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });

  const replicate = new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' });
  const { ReplicaKeyMetadata } = await home.send(replicate);
  expect(ReplicaKeyMetadata).toMatchObject({
    Arn: there,
    MultiRegionConfiguration: {
      MultiRegionKeyType: 'REPLICA',
      PrimaryKey: { Arn: KeyId, Region: 'eu-central-1' },
      ReplicaKeys: [{ Arn: there, Region: 'eu-west-1' }],
    },
  });
  await expect(home.send(replicate)).rejects.toMatchObject({ name: 'AlreadyExistsException' });
  const here = await home.send(new GetPublicKeyCommand({ KeyId }));
  const copy = await away.send(new GetPublicKeyCommand({ KeyId: there }));
  expect(copy.PublicKey).toEqual(here.PublicKey);
  expect((await away.send(signCommand(there))).KeyId).toBe(there);
  await expect(
    away.send(new ReplicateKeyCommand({ KeyId: there, ReplicaRegion: 'eu-north-1' })),
  ).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
    message: `${there} is not a multi-region primary key.`,
  });

  const waiting = await home.send(
    new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }),
  );
  expect(waiting).toMatchObject({ KeyState: 'PendingReplicaDeletion' });
  await away.send(new ScheduleKeyDeletionCommand({ KeyId: there, PendingWindowInDays: 7 }));
  now += 7 * day;
  const primary = await home.send(new DescribeKeyCommand({ KeyId }));
  expect(primary.KeyMetadata?.KeyState).toBe('PendingDeletion');
});

test('a key of one Region is not replicated', async () => {
  const KeyId = await createKey();
  await expect(
    home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' })),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
});

test('keys kept in a file are the same after a restart, and only their owner can read it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kms-'));
  const path = join(folder, 'keys.json');
  const asked = { alias: 'alias/dpop', spec: 'ECC_NIST_P256' } as const;
  const publicKeys: unknown[] = [];
  for (let run = 0; run < 2; run++) {
    const server = await startKms({ path });
    const client = clientOf(server, 'eu-central-1');
    const KeyId = await ensureKey(client, asked);
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    publicKeys.push({ KeyId, PublicKey });
    client.destroy();
    await server.close();
  }
  expect(publicKeys[1]).toEqual(publicKeys[0]);
  if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  await rm(folder, { recursive: true });
});

const clientOf = ({ url }: AwsEndpoint, region: string) =>
  new KMSClient({
    endpoint: url,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

async function createKey(options: { MultiRegion?: boolean } = {}): Promise<string> {
  const { KeyMetadata } = await home.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', ...options }),
  );
  return KeyMetadata?.Arn ?? '';
}

const signCommand = (KeyId: string) =>
  new SignCommand({
    KeyId,
    SigningAlgorithm: 'ECDSA_SHA_256',
    Message: new Uint8Array(32),
    MessageType: 'DIGEST',
  });
