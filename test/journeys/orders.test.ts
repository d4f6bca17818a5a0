// An API of your own, behind the authorizer that is deployed, reached through the broker: the local system's orders API.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Judged } from '#infra/local/aws/iam/guard.ts';
import { steal, type Theft } from '#infra/local/okta/resource/thefts.ts';
import type { Orders } from '#infra/local/orders/orders.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { operating } from '#test/support/operating.ts';
import { visitor } from '#test/support/visitor.ts';

let system: System;
const judged: Judged[] = [];
beforeAll(async () => {
  system = await startSystem({
    environment: {},
    orders: true,
    onJudged: (one) => void judged.push(one),
  });
});
afterAll(() => system?.close());
beforeEach(() => system.okta?.events.clear());

const orders = (): Orders => {
  if (!system.orders) throw new Error('the orders API does not run');
  return system.orders;
};
const callsToOrders = () =>
  (system.okta?.events.list() ?? []).filter(({ server }) => server === 'orders');
const metricsOf = (name: string) =>
  system.logs.filter(({ line }) => line.includes(`"${name}":1`) && line.includes('"orders"'));

async function ada() {
  const visit = visitor(system.url);
  await visit.signIn();
  return visit;
}

test('the first call learns the nonce from the gateway response, and later ones have it', async () => {
  const visit = await ada();
  const answer = await visit.fetch('/bff/api/shop/orders');
  expect(answer.status).toBe(200);
  expect(answer.json<{ id: string }[]>().map(({ id }) => id)).toContain('o-1002');
  expect(callsToOrders().map(({ status, error }) => [status, error])).toEqual([
    [401, 'use_dpop_nonce'],
    [200, undefined],
  ]);
  await visit.fetch('/bff/api/shop/orders/o-1002');
  expect(callsToOrders().slice(2)).toMatchObject([{ status: 200, scheme: 'DPoP' }]);
});

test('its token is for this API alone, and a write needs its own scope', async () => {
  const visit = await ada();
  expect(
    (await visit.fetch('/bff/api/shop/orders/o-1003', { method: 'DELETE' })).json(),
  ).toMatchObject({
    status: 'cancelled',
  });
  const [, payload = ''] = orders().lastCall.value?.token.split('.') ?? [];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  expect(claims).toMatchObject({
    aud: orders().origin,
    cnf: { jkt: expect.any(String) },
    scp: expect.arrayContaining(['orders.read', 'orders.write']),
  });
});

describe('a thief of token and proof', () => {
  test.each<[Theft, string, string]>([
    ['replay', 'invalid_dpop_proof', 'api.replayed'],
    ['other_method', 'invalid_dpop_proof', 'api.proof_refused'],
    ['bearer', 'invalid_token', 'api.stolen'],
    ['no_proof', 'invalid_token', 'api.stolen'],
    ['other_key', 'invalid_dpop_proof', 'api.stolen'],
  ])('gets nothing by %s', async (theft, error, metric) => {
    const visit = await ada();
    await visit.fetch('/bff/api/shop/orders/o-1001');
    const stolen = orders().lastCall.value;
    if (!stolen) throw new Error('no call was let in');
    const before = metricsOf(metric).length;
    const result = await steal(stolen, theft);
    expect(result.status).toBe(401);
    expect(result.challenge).toContain(`error="${error}"`);
    expect(result.challenge).not.toContain(stolen.token.split('.')[2] ?? '');
    expect(metricsOf(metric).length).toBeGreaterThan(before);
  });
});

test('the authorizer does what its deployed role allows, and nothing else', async () => {
  await (await ada()).fetch('/bff/api/shop/orders');
  const own = judged.filter(({ caller }) => caller.name === 'apiAuthorizer');
  expect(own.every(({ verdict }) => verdict.allowed)).toBe(true);
  expect([...new Set(own.map(({ need }) => need.action))].toSorted()).toEqual([
    'dynamodb:PutItem',
    'kms:GenerateMac',
  ]);
});

test('KMS is asked once per window, and the table once per call', async () => {
  const visit = await ada();
  await visit.fetch('/bff/api/shop/orders');
  const { kms, dynamodb } = system;
  if (!kms || !dynamodb) throw new Error('the stand-ins do not run');
  const macs = kms.calls.count('GenerateMac');
  const puts = () =>
    judged.filter(
      ({ caller, need }) => caller.name === 'apiAuthorizer' && need.action === 'dynamodb:PutItem',
    ).length;
  const before = puts();
  for (let call = 0; call < 10; call += 1) await visit.fetch('/bff/api/shop/orders');
  expect(kms.calls.count('GenerateMac') - macs).toBeLessThanOrEqual(2);
  expect(puts() - before).toBe(10);
});

test('one proof sent many times at once passes exactly once, over several environments', async () => {
  const visit = await ada();
  await visit.fetch('/bff/api/shop/orders/o-1001');
  const { value } = orders().lastCall;
  if (!value) throw new Error('no call was let in');
  const authorization = `DPoP ${value.token}`;
  const used = await fetch(value.url, { headers: { authorization, dpop: value.proof } });
  const { nonce } = JSON.parse(
    Buffer.from(value.proof.split('.')[1] ?? '', 'base64url').toString(),
  ) as { nonce: string };
  expect(used.status).toBe(401);
  // A fresh proof of the broker's own key, as an operator gets one.
  const operator = operating(system);
  const { proof } = await operator.operate({
    action: 'proof',
    method: 'GET',
    url: value.url,
    ath: createHash('sha256').update(value.token).digest('base64url'),
    nonce,
  });
  operator.close();
  const answers = await Promise.all(
    Array.from({ length: 30 }, () =>
      fetch(value.url, { headers: { authorization, dpop: String(proof) } }),
    ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(system.gateway.functions().environments('apiAuthorizer')).toBeGreaterThan(1);
});

test('a path that the API does not have, and a call without a token, never reach the authorizer', async () => {
  const before = judged.length;
  expect((await fetch(`${orders().origin}/customers`)).status).toBe(403);
  const bare = await fetch(`${orders().origin}/orders`);
  expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'DPoP']);
  expect(judged).toHaveLength(before);
});

test('when its table does not answer, a call is refused with 503, not let in', async () => {
  const visit = await ada();
  await visit.fetch('/bff/api/shop/orders');
  const table = system.dynamodb;
  if (!table) throw new Error('the table does not run');
  const { value } = orders().lastCall;
  table.faults.fault = ({ operation }) =>
    operation === 'PutItem' ? { error: 'InternalServerError', status: 500 } : undefined;
  try {
    const answer = await fetch(`${orders().origin}/orders`, {
      headers: { authorization: `DPoP ${value?.token}`, dpop: String(value?.proof) },
    });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  } finally {
    table.faults.reset();
  }
});
