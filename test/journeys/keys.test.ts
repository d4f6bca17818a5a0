// Keys change under people at work: several environments, many sessions, calls without a pause.

import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/system.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';

let system: System;
let lambda: LambdaClient;
const account = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };

beforeAll(async () => {
  system = await startSystem({
    environment: {},
    containers: 4,
    variables: { BFF_KEY_RING_SECONDS: '0.01' },
  });
  lambda = new LambdaClient({ ...account, endpoint: system.gateway.lambdaUrl });
});
afterAll(async () => {
  lambda?.destroy();
  await system?.close();
});

async function operate(event: object) {
  const command = new InvokeCommand({ FunctionName: 'keys', Payload: JSON.stringify(event) });
  const { Payload } = await lambda.send(command);
  return JSON.parse(Payload?.transformToString() ?? '');
}

async function people(count: number): Promise<Visitor[]> {
  const all = Array.from({ length: count }, () => visitor(system.url));
  for (let at = 0; at < count; at += 8) {
    await Promise.all(all.slice(at, at + 8).map((one) => one.signIn()));
  }
  return all;
}

const call = async (one: Visitor) => (await one.fetch('/bff/api/v1/users?limit=1')).status;

/** Everybody calls again and again while `during` runs; the statuses that came, counted. */
async function underLoad(all: Visitor[], during: () => Promise<void>) {
  const seen: Record<number, number> = {};
  let over = false;
  const workers = Array.from({ length: 6 }, async (_, first) => {
    for (let at = first; !over; at += 6) {
      const status = await call(all[at % all.length] as Visitor);
      seen[status] = (seen[status] ?? 0) + 1;
    }
  });
  await during();
  over = true;
  await Promise.all(workers);
  return seen;
}

test('a rotation under load fails no call and loses no session; drained, the old key signs nothing', async () => {
  const old = system.keys.dpop;
  const all = await people(48);
  const late: Visitor[] = [];
  const seen = await underLoad(all, async () => {
    for (const spec of ['RSA_2048', 'ECC_NIST_P256']) {
      const event = { action: 'rotate', driver: `d${spec}`, spec, settleSeconds: 0 };
      expect(await operate(event)).toMatchObject({ code: 'rotated' });
      late.push(...(await people(8)));
    }
  });
  expect(Object.keys(seen)).toEqual(['200']);
  expect(new Set(await Promise.all([...all, ...late].map(call)))).toEqual(new Set([200]));
  const { keys } = await operate({ action: 'list' });
  const sessions = keys
    .filter((key: { use: string }) => key.use === 'dpop')
    .map((key: { sessions: number }) => key.sessions);
  expect(sessions).toEqual([48, 8, 8]);

  await operate({ action: 'revoke', whose: { key: old } });
  system.kms?.calls.reset();
  expect(new Set(await Promise.all(late.map(call)))).toEqual(new Set([200]));
  expect(system.kms?.calls.count('Sign', old)).toBe(0);
  expect(new Set(await Promise.all(all.map(call)))).toEqual(new Set([401]));
});

test('the kill switch under load: 200 before, 401 after, and a clean sign-in on another key', async () => {
  const all = await people(12);
  const { keys } = await operate({ action: 'list' });
  const active = keys.find(
    (key: { use: string; state: string }) => key.use === 'dpop' && key.state === 'active',
  );
  const seen = await underLoad(all, async () => {
    expect(await operate({ action: 'disable', key: active.id, now: true })).toMatchObject({
      status: 'done',
    });
  });
  expect(Object.keys(seen).filter((status) => !['200', '401', '503'].includes(status))).toEqual([]);
  expect(new Set(await Promise.all(all.map(call)))).toEqual(new Set([401]));
  const [one] = all as [Visitor];
  await one.signIn();
  expect(await call(one)).toBe(200);
});

test('a key that is disabled in KMS itself is 503, and everything goes on once it is enabled', async () => {
  const [one] = (await people(1)) as [Visitor];
  const { keys } = await operate({ action: 'list' });
  const { id: KeyId } = keys.find(
    (key: { use: string; state: string }) => key.use === 'dpop' && key.state === 'active',
  );
  const kms = new KMSClient({ ...account, endpoint: system.kms?.url ?? '' });
  await kms.send(new DisableKeyCommand({ KeyId }));
  const answer = await one.fetch('/bff/api/v1/users?limit=1');
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({ code: 'signer_unavailable' });
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  await kms.send(new EnableKeyCommand({ KeyId }));
  expect(await call(one)).toBe(200);
  kms.destroy();
});
