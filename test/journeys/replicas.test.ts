// A Region of KMS throttles or fails under people at work: its replicas sign, as the same keys.
import { DescribeKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idIn } from '#core/lib/key-arn.ts';
import { type AwsFault, throttled } from '#infra/local/aws/endpoint.ts';
import { region as home } from '#infra/local/gateway/lambda/variables.ts';
import { disableByBreakingGlass } from '#test/support/break-glass.ts';
import { type Operating, operating } from '#test/support/operating.ts';
import { running } from '#test/support/running.ts';
import type { Visitor } from '#test/support/visitor.ts';

const away = 'eu-west-1';
const run = running({
  config: { dpop: { replicaRegions: [away] } },
  // Each call renews its token.
  okta: { accessTokenSeconds: 1 },
  variables: { BFF_KEY_RING_SECONDS: '0.01' },
});
let operator: Operating;
const kms: Record<string, KMSClient> = {};
beforeAll(async () => {
  operator = operating(run.system);
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  for (const region of [home, away])
    kms[region] = new KMSClient({ region, credentials, endpoint: run.kms.url });
  expect(await operator.operate({ action: 'replicate' })).toMatchObject({ code: 'replicated' });
  expect(await operator.operate({ action: 'status' })).toMatchObject({ problems: [] });
});
afterAll(() => {
  operator?.close();
  for (const client of Object.values(kms)) client.destroy();
});

const call = async (one: Visitor) => (await one.fetch('/bff/api/v1/users?limit=1')).status;
const fails = (fault: AwsFault) => {
  run.kms.faults.fault = ({ region }) => (region === home ? fault : undefined);
};
/** Thumbprints of the proofs that Okta and its API saw. */
async function proven(what: () => Promise<unknown>): Promise<Set<string | undefined>> {
  run.okta.events.clear();
  await what();
  return new Set(run.okta.events.list().flatMap(({ proof }) => (proof ? [proof.jkt] : [])));
}

describe.each<[string, AwsFault]>([
  ['throttles', throttled],
  ['fails', { error: 'KMSInternalException', status: 500 }],
  ['hangs up', 'hang_up'],
])('the home Region %s', (_name, fault) => {
  test('sessions go on with the same key, tokens are renewed, and people sign in', async () => {
    const ada = await run.signedIn();
    const before = await proven(() => call(ada));
    fails(fault);
    const during = await proven(async () => {
      for (let n = 0; n < 3; n++) expect(await call(ada)).toBe(200);
      expect(await call(await run.signedIn())).toBe(200);
    });
    expect(during).toEqual(before);
    expect(run.logged('signer.failed_over')).not.toEqual([]);
  });
});

test('a key that was rotated to signs in the other Region as well', async () => {
  const rotate = { action: 'rotate', driver: 'd', settleSeconds: 0 } as const;
  expect(await operator.drive(rotate)).toMatchObject({ code: 'rotated' });
  fails(throttled);
  expect(await call(await run.signedIn())).toBe(200);
});

test('a key that is disabled at home signs nowhere else', async () => {
  const ada = await run.signedIn();
  const KeyId = await operator.active('dpop');
  await disableByBreakingGlass(kms[home] as KMSClient, KeyId);
  // Home is asked first again once it has rested from the faults before.
  await expect.poll(() => call(ada), { timeout: 10_000 }).toBe(503);
  run.kms.calls.reset();
  expect(await call(ada)).toBe(503);
  expect(run.kms.calls.count('Sign', idIn(away, KeyId))).toBe(0);
  await kms[home]?.send(new EnableKeyCommand({ KeyId }));
  expect(await call(ada)).toBe(200);
});

test('the kill switch stops it in every Region', async () => {
  const ada = await run.signedIn();
  const key = await operator.active('dpop');
  expect(await operator.drive({ action: 'disable', key, now: true })).toMatchObject({
    code: 'disabled',
  });
  for (const region of [home, away]) {
    const command = new DescribeKeyCommand({ KeyId: idIn(region, key) });
    expect((await kms[region]?.send(command))?.KeyMetadata?.KeyState).toBe('Disabled');
  }
  fails(throttled);
  expect(await call(ada)).toBe(401);
});
