// Which requests for a signature count, judged by what KMS really did: by the SDK's client and by ours, with their repeats.
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Kms } from '#adapters/aws/kms.ts';
import { sdkKms } from '#adapters/aws/kms.ts';
import { leanAws } from '#adapters/aws/lean.ts';
import { httpClient } from '#adapters/http/client.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { signatureTally } from '#core/dpop/tally.ts';
import { type AwsFault, throttled } from '#infra/local/aws/endpoint.ts';
import { ensureKey } from '#infra/local/aws/ensure-key.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { local, onlyAt, region } from '../aws-clients.ts';

let kms: Awaited<ReturnType<typeof startKms>>;
let client: KMSClient;
let key: string;
let signatures = 0;
const http = httpClient();
beforeAll(async () => {
  kms = await startKms({
    onSigned: () => {
      signatures += 1;
    },
  });
  client = new KMSClient({ endpoint: kms.url, region, credentials: local, maxAttempts: 2 });
  key = await ensureKey(client, { alias: 'alias/counted', spec: 'ECC_NIST_P256' });
});
beforeEach(() => {
  kms.faults.reset();
  signatures = 0;
});
afterAll(async () => {
  client.destroy();
  await Promise.all([kms.close(), http.close()]);
});

const clients: [string, () => Kms][] = [
  ['the SDK client', () => sdkKms(client)],
  ['the lean client', () => leanAws(http, { ...onlyAt({ kms: kms.url }), attempts: 2 }).kms],
];

describe.each(clients)('%s', (_name, connect) => {
  /** Signs once with one fault on the way, and reports. */
  async function once(...faults: AwsFault[]) {
    const tally = signatureTally({ clock: { now: () => Date.now() } });
    const { sign } = await kmsSigner(connect(), tally).key(key);
    for (const fault of faults) kms.faults.failNext(fault, { operation: 'Sign' });
    await sign(Buffer.from('data')).catch(() => {});
    const [count] = tally.due();
    return { signed: count?.signed ?? 0, unanswered: count?.unanswered ?? 0 };
  }

  test('a signature counts once', async () => {
    expect(await once()).toEqual({ signed: 1, unanswered: 0 });
    expect(signatures).toBe(1);
  });

  test.each<[string, AwsFault]>([
    ['throttles', throttled],
    ['refuses', { error: 'DisabledException' }],
  ])('what KMS %s does not count', async (_, fault) => {
    expect(await once(fault, fault)).toEqual({ signed: 0, unanswered: 0 });
    expect(signatures).toBe(0);
  });

  test('what KMS throttles first and signs then counts once', async () => {
    expect(await once(throttled)).toEqual({ signed: 1, unanswered: 0 });
    expect(signatures).toBe(1);
  });

  test.each<[string, AwsFault]>([
    ['lost', 'lose_answer'],
    ['cut off', 'cut_answer'],
  ])('an answer that is %s counts as unanswered, and its repeat as signed', async (_, fault) => {
    expect(await once(fault)).toEqual({ signed: 1, unanswered: 1 });
    expect(signatures).toBe(2);
  });

  test.each<[string, AwsFault]>([
    ['dies before KMS acts', 'hang_up'],
    ['fails inside KMS', { error: 'KMSInternalException', status: 500 }],
  ])('a request that %s may have been signed', async (_, fault) => {
    expect(await once(fault, fault)).toEqual({ signed: 0, unanswered: 2 });
    expect(signatures).toBe(0);
  });

  test('an answer of another key is a signature', async () => {
    const other: AwsFault = { rewrite: (answer) => ({ ...answer, KeyId: 'arn:other' }) };
    expect(await once(other)).toEqual({ signed: 1, unanswered: 0 });
  });

  test('a connection that is never made is no signature', async () => {
    const nobody = leanAws(http, { ...onlyAt({}), attempts: 1 }).kms;
    const tally = signatureTally({ clock: { now: () => Date.now() } });
    const half: Kms = { getPublicKey: (id) => connect().getPublicKey(id), sign: nobody.sign };
    const { sign } = await kmsSigner(half, tally).key(key);
    await sign(Buffer.from('data')).catch(() => {});
    expect(tally.due()).toEqual([]);
  });
});
