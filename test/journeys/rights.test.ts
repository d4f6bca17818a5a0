// Every right of the functions is needed by something that people or operators do, and every condition keeps something
// out. The rights are those of the stack; the calls are those that the functions make here, recorded as they are judged.
import { setTimeout as wait } from 'node:timers/promises';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitions } from '#adapters/table/schema.ts';
import { keyPolicy } from '#infra/aws/rights/key-policy.ts';
import { type Rights, type RoleName, rights } from '#infra/aws/rights/rights.ts';
import { tableArn } from '#infra/local/aws/dynamodb-needs.ts';
import { throttled } from '#infra/local/aws/endpoint.ts';
import { type Judged, statementsOf } from '#infra/local/aws/iam/guard.ts';
import { account, region } from '#infra/local/gateway/lambda/variables.ts';
import type { OneOrMore, Statement } from '#infra/policy/document.ts';
import { evaluate, type PolicyRequest } from '#infra/policy/evaluate.ts';
import { countingForDays, someTimeAgo } from '#test/support/counting.ts';
import { signInBound } from '#test/support/device.ts';
import { logoutToken, sendLogoutToken } from '#test/support/logout-token.ts';
import { type Operating, operating } from '#test/support/operating.ts';
import { running } from '#test/support/running.ts';
import { narrower, withoutConditions } from '#test/support/weaker-policies.ts';

const away = 'eu-west-1';
const day = 86_400_000;
const scope = {
  place: { partition: 'aws', region, account },
  broker: 'local',
  replicaRegions: [away],
};
const names = Object.keys(rights) as RoleName[];
const statements = (name: RoleName) =>
  statementsOf({ scope, tableArn: tableArn(region, 'bff') }, rights[name] as Rights);
const policyOfKeys = keyPolicy({ ...scope, keep: true }).Statement;

const recorded = new Map<string, Judged>();
let daysAhead = 0;
const run = running({
  ...someTimeAgo,
  config: {
    streaming: true,
    dpop: { replicaRegions: [away] },
    session: { deviceBound: 'prefer' },
  },
  // A second later each call renews its token.
  okta: { accessTokenSeconds: 1 },
  variables: { BFF_KEY_RING_SECONDS: '0.01' },
  kmsNow: () => Date.now() + daysAhead * day,
  onJudged: (one) => recorded.set(JSON.stringify([one.caller.name, one.need]), one),
});
let operator: Operating;

/** What functions asked for and got. */
const served = (name?: RoleName) =>
  [...recorded.values()].filter(
    ({ caller, verdict }) =>
      verdict.allowed && names.some((one) => one === caller.name && one === (name ?? one)),
  );

beforeAll(async () => {
  operator = operating(run.system);
  const upstream = `${run.okta.issuer}/api/v1`;
  await run.system.redeploy({
    routes: [
      { path: '/bff/api/v1/*', upstream, stream: false },
      { path: '/bff/api/live/*', upstream, stream: true },
    ],
  });
  await peopleAtWork();
  await oktaEndsSessions();
  await operatorsAtWork();
}, 180_000);
afterAll(() => operator?.close());

const paths = ['/bff/api/v1/users?limit=1', '/bff/api/live/users?limit=1'];

async function peopleAtWork() {
  const ada = await run.signedIn();
  await ada.fetch('/bff/session');
  for (const path of paths) {
    await wait(1_100);
    expect((await ada.fetch(path)).status).toBe(200);
  }
  await ada.fetch('/bff/logout', { method: 'POST' });
  await signInBound(run.someone());
  // Okta has ended it: the broker notices when it renews the token.
  for (const path of paths) {
    const over = await run.signedIn();
    run.okta.revoke('refresh_tokens', 'ada');
    await wait(1_100);
    expect((await over.fetch(path)).status).toBe(401);
  }
  expect((await run.someone().send('/bff/jwks')).status).toBe(200);
}

/** With environments that have never seen the keys. */
async function homeFails() {
  await run.system.gateway.functions().recycle();
  run.kms.faults.fault = ({ region: where }) => (where === region ? throttled : undefined);
  const ada = await run.signedIn();
  for (const path of paths) expect((await ada.fetch(path)).status).toBe(200);
  expect((await run.someone().send('/bff/jwks')).status).toBe(200);
  run.kms.faults.reset();
}

async function oktaEndsSessions() {
  await run.signedIn();
  const { clientId } = run.system.config;
  const url = `${run.system.url}/bff/global-token-revocation`;
  for (const format of ['email', 'iss_sub'] as const) {
    await run.signedIn();
    expect(await run.okta.universalLogout({ url, clientId, user: 'ada', format })).toBe(204);
  }
  const token = await logoutToken(run.system, { sid: 'somebody' });
  const answer = await sendLogoutToken(run.system, token);
  expect(answer.status).toBe(200);
}

async function operatorsAtWork() {
  const { operate, drive, active } = operator;
  const oldest = await active('dpop');
  expect(await operate({ action: 'replicate' })).toMatchObject({ code: 'replicated' });
  for (const spec of ['RSA_2048', 'ECC_NIST_P256'] as const) {
    const rotation = { action: 'rotate', driver: spec, spec, settleSeconds: 0 } as const;
    expect(await drive(rotation)).toMatchObject({ code: 'rotated' });
    const ada = await run.signedIn();
    for (const path of paths) expect((await ada.fetch(path)).status).toBe(200);
  }
  expect(await operate({ action: 'status' })).toMatchObject({ status: 'done' });
  for (const whose of [{ user: 'ada@example.com' }, { user: '00u1adalovelace0local' }]) {
    await operate({ action: 'sessions', whose });
    await operate({ action: 'revoke', whose });
  }
  await longAgo(oldest);
  const retire = () => operate({ action: 'retire', key: oldest, bakeDays: 0 });
  expect(await retire()).toMatchObject({ code: 'retired' });
  daysAhead = 8;
  expect(await retire()).toMatchObject({ code: 'deletion_scheduled' });
  expect(await operate({ action: 'enable', key: oldest })).toMatchObject({ status: 'done' });
  const key = await active('dpop');
  await run.signedIn();
  expect(await drive({ action: 'disable', key, now: true })).toMatchObject({ code: 'disabled' });
  expect(await operate({ action: 'enable', key })).toMatchObject({ status: 'done' });
  await homeFails();
  // Last: Okta will learn of the new key in a minute only.
  const assertion = { action: 'rotate', use: 'assertion', publishSeconds: 0 } as const;
  for (const spec of ['RSA_2048', 'ECC_NIST_P256'] as const) {
    expect(await drive({ ...assertion, driver: spec, spec })).toMatchObject({ code: 'rotated' });
  }
  expect((await run.someone().send('/bff/jwks')).status).toBe(200);
  await countingForDays(run, operator, 1);
  expect(await operate({ action: 'signatures' })).toMatchObject({ status: 'done', problems: [] });
}

/** As if the key had begun to drain so long ago. */
async function longAgo(id: string): Promise<void> {
  await run.table.send(
    new UpdateItemCommand({
      TableName: run.system.table,
      Key: { pk: { S: partitions.ring }, sk: { S: 'dpop' } },
      UpdateExpression: 'SET #keys.#id.#since = :since',
      ExpressionAttributeNames: { '#keys': 'keys', '#id': id, '#since': 'since' },
      ExpressionAttributeValues: { ':since': { N: String(Math.floor(Date.now() / 1000) - 3600) } },
    }),
  );
}

test('nothing that a function asked for was denied', () => {
  const denied = [...recorded.values()].filter(({ verdict }) => !verdict.allowed);
  expect(denied.map(({ caller, need }) => `${caller.name} ${need.action}`)).toEqual([]);
  expect(served().length).toBeGreaterThan(100);
});

const asked = ({ caller, need: { policy: _, ...request } }: Judged): PolicyRequest => ({
  principal: caller.arn,
  ...request,
});

describe('every right is needed', () => {
  test.each(names)('without any one right of the role of %s, something stops working', (name) => {
    const calls = served(name);
    const fails = (identity: readonly Statement[]) =>
      calls.some((one) => !evaluate(asked(one), { identity, resource: one.need.policy }).allowed);
    const unneeded = narrower(statements(name)).filter(({ statements }) => !fails(statements));
    expect(unneeded.map(({ lacks }) => lacks)).toEqual([]);
  });

  test('what the policy of a key leaves to the account is needed by functions, or by the people named here', () => {
    const calls = served().filter(({ need }) => need.policy);
    const fails = (resource: readonly Statement[]) =>
      calls.some((one) => {
        const { statements: identity } = one.caller;
        return !evaluate(asked(one), { identity, resource }).allowed;
      });
    const unneeded = narrower(policyOfKeys, 'Allow')
      .filter(({ statements }) => !fails(statements))
      .map(({ lacks }) => lacks);
    expect(unneeded).toEqual([
      // CloudFormation and people who look at keys or change them (docs/operations.md, "Break-glass").
      'AccountAdministers: kms:DeleteAlias',
      'AccountAdministers: kms:GetKeyPolicy',
      'AccountAdministers: kms:GetKeyRotationStatus',
      'AccountAdministers: kms:ListKeyPolicies',
      'AccountAdministers: kms:PutKeyPolicy',
      'AccountAdministers: kms:TagResource',
      'AccountAdministers: kms:UntagResource',
      'AccountAdministers: kms:UpdateAlias',
      'AccountAdministers: kms:UpdateKeyDescription',
      'AccountAdministers: kms:UpdatePrimaryRegion',
    ]);
  });
});

/** The same requests with one fact changed or missing. */
const variants = (calls: readonly Judged[]): PolicyRequest[] =>
  calls.flatMap((one) => {
    const request = asked(one);
    const other = (key: string, value: OneOrMore | undefined): PolicyRequest => ({
      ...request,
      context: { ...request.context, [key]: value },
    });
    return [
      ...Object.entries(request.context).flatMap(([key, value]) => [
        other(key, undefined),
        other(key, typeof value === 'string' ? 'another' : ['another']),
      ]),
      other('kms:TrailingDaysWithoutKeyUsage', '3'),
      other('aws:ResourceTag/bff-broker', 'another'),
      { ...request, principal: request.principal.replace(/[^/]+$/, 'another') },
    ];
  });

describe('every condition keeps something out', () => {
  // As if the key's own policy allowed everything.
  test.each(names)('of the role of %s', (name) => {
    const tried = variants(served(name));
    const own = statements(name);
    const denied = tried.filter((request) => !evaluate(request, { identity: own }).allowed);
    const idle = withoutConditions(own).filter(
      ({ statements: identity }) =>
        !denied.some((request) => evaluate(request, { identity }).allowed),
    );
    expect(idle.map(({ lacks }) => lacks)).toEqual([]);
  });

  // As if the caller's own policy allowed everything.
  test('of the policy of a key', () => {
    const identity: Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
    const calls = served().filter(({ need }) => need.policy);
    const tried = [...calls.map(asked), ...variants(calls)];
    const verdicts = (resource: readonly Statement[]) =>
      tried.map((request) => evaluate(request, { identity, resource }).allowed);
    const usual = verdicts(policyOfKeys).join();
    const weaker = [...withoutConditions(policyOfKeys), ...narrower(policyOfKeys, 'Deny')];
    const idle = weaker.filter(({ statements }) => verdicts(statements).join() === usual);
    expect(idle.map(({ lacks }) => lacks)).toEqual([]);
  });
});
