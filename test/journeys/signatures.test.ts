// Every signature accounted for: KMS's own count against ours, while people work, keys change and answers are lost; and
// while somebody signs beside us with a stolen role.
import { setTimeout as wait } from 'node:timers/promises';
import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { metricsNamespace } from '#core/events.ts';
import { keyName } from '#core/keys/find-key.ts';
import { throttled } from '#infra/local/aws/endpoint.ts';
import { accessKeyOf } from '#infra/local/aws/iam/access-keys.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { countingForDays, recorded, someTimeAgo } from '#test/support/counting.ts';
import { type Operating, operating } from '#test/support/operating.ts';
import { runOperator } from '#test/support/operator-command.ts';
import { part, running } from '#test/support/running.ts';

const run = running({
  ...someTimeAgo,
  // Each call renews its token.
  // Longer than two calls in a row take: no proof is signed ahead for a token that is over.
  okta: { accessTokenSeconds: 4 },
  variables: { BFF_KEY_RING_SECONDS: '0.01' },
});
let operator: Operating;
let key: string;
beforeAll(async () => {
  operator = operating(run.system);
  await countingForDays(run, operator, 30);
  key = await operator.active('dpop');
});
afterAll(() => operator?.close());

/** What the KMS of this machine signed with the key. */
const signedByKms = (arn: string) =>
  recorded(run.system, {
    namespace: 'AWS/KMS',
    name: 'SuccessfulRequest',
    dimensions: { KeyArn: arn, Operation: 'Sign' },
  });

/** What the functions say that they asked for, from the lines that they printed. */
function counted(arn: string) {
  const lines = run
    .logged('signatures.counted')
    .filter((line) => line.key === keyName(arn) && line.region === region);
  const sum = (field: string) => lines.reduce((all, line) => all + Number(line[field]), 0);
  return { signed: sum('signed'), unanswered: sum('unanswered') };
}

const patient = { timeout: 10_000 };

const keys = async () => [...(await operator.keys('dpop')), ...(await operator.keys('assertion'))];

async function hourlyRun() {
  const from = run.system.logs.length;
  await operator.operate({ action: 'tend' });
  return {
    compared: run.logged('signatures.compared', from),
    foreign: run.logged('signatures.foreign', from),
    unaccounted: run.logged('signatures.unaccounted', from),
    reported: run.logged('keys.dpop.reported', from),
  };
}

describe('honest work', () => {
  test('every signature of sign-ins, calls, renewals, sign-outs, rotations and proofs is in the count of its key', async () => {
    const ada = await run.signedIn();
    for (let n = 0; n < 3; n++) expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);
    await wait(4_100);
    expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);
    await ada.fetch('/bff/logout', { method: 'POST' });
    const rotation = { action: 'rotate', driver: 'd', settleSeconds: 0 } as const;
    expect(await operator.drive(rotation)).toMatchObject({ code: 'rotated' });
    await operator.operate({
      action: 'proof',
      method: 'GET',
      url: 'https://api.acme.com/orders',
      reason: 'test',
    });
    await (await run.signedIn()).fetch('/bff/api/v1/users');

    const all = await keys();
    expect(all).toHaveLength(3);
    for (const { id } of all) {
      expect(signedByKms(id)).toBeGreaterThan(0);
      expect(counted(id)).toEqual({ signed: signedByKms(id), unanswered: 0 });
    }
    key = await operator.active('dpop');
  });

  test('a proof that was signed ahead and never used is counted', async () => {
    const ada = await run.signedIn();
    await ada.fetch('/bff/api/v1/users');
    await operator.operate({ action: 'revoke', whose: { user: 'ada@example.com' } });
    const before = signedByKms(key);
    expect((await ada.fetch('/bff/api/v1/users')).status).toBe(401);
    // It may be under way after the answer. A call without a cookie wakes the environment, and signs nothing.
    const wake = () => run.someone().fetch('/bff/api/v1/users');
    await expect.poll(() => wake().then(() => signedByKms(key)), patient).toBe(before + 1);
    // The next signature takes it along in its report.
    const next = await run.signedIn();
    const missing = async () => {
      await next.fetch('/bff/api/v1/users');
      const { signed, unanswered } = counted(key);
      return [signedByKms(key) - signed, unanswered];
    };
    await expect.poll(missing, patient).toEqual([0, 0]);
  });

  test('a signature whose answer is lost is counted as unanswered, and a refusal is not counted', async () => {
    const ada = await run.signedIn();
    const before = { ...counted(key), kms: signedByKms(key) };
    run.kms.faults.failNext('lose_answer', { operation: 'Sign' });
    expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);
    run.kms.faults.failNext(throttled, { operation: 'Sign' });
    expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);
    const { signed, unanswered } = counted(key);
    expect(unanswered - before.unanswered).toBe(1);
    expect(signed - before.signed).toBe(signedByKms(key) - before.kms - 1);
  });

  test('an environment that ends takes at most a fiftieth of its count with it', async () => {
    const ada = await run.signedIn();
    for (let n = 0; n < 150; n++) await ada.fetch('/bff/api/v1/users');
    await run.system.gateway.functions().recycle();
    const { signed, unanswered } = counted(key);
    const missing = signedByKms(key) - signed - unanswered;
    expect(missing).toBeGreaterThanOrEqual(0);
    expect(missing).toBeLessThanOrEqual(signed / 50);
    // And it does not report every one by itself.
    expect(run.logged('signatures.counted').length).toBeLessThan(signed);
  });

  test('raises no alarm, and an operator sees that all of it is accounted for', async () => {
    const { compared, foreign, unaccounted } = await hourlyRun();
    expect([foreign, unaccounted]).toEqual([[], []]);
    const mine = compared.filter((line) => line.key === keyName(key));
    expect(mine.map(({ hours, kms }) => [hours, kms])).toEqual([
      [1, signedByKms(key)],
      [24, signedByKms(key)],
    ]);
    const { calls } = part(run.system.cloudwatch);
    calls.reset();
    const { code, out } = await runOperator('signatures', { local: run.system.gateway.lambdaUrl });
    expect(code).toBe(0);
    // What the bill reckons with (infra/cost/month.ts).
    expect(calls.count()).toBe((await keys()).length * 5);
    expect(out).toContain('Every signature is accounted for');
    expect(out).toMatch(
      new RegExp(`${keyName(key)}\\s+dpop\\s+${region}\\s+${signedByKms(key)}\\s`),
    );
  });
});

describe('a stolen role', () => {
  const times = 40;
  let before: number;

  beforeAll(async () => {
    before = signedByKms(key);
    const thief = new KMSClient({
      endpoint: run.kms.url,
      region,
      credentials: { accessKeyId: accessKeyOf('proxy'), secretAccessKey: 'stolen' },
    });
    const Message = Buffer.alloc(32, 1);
    for (let n = 0; n < times; n++) {
      await thief.send(
        new SignCommand({
          KeyId: key,
          Message,
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
    }
    thief.destroy();
    expect(signedByKms(key)).toBe(before + times);
  });

  test('is found by the hourly run, which names the key and moves the metric of the alarm', async () => {
    const alarm = {
      namespace: metricsNamespace,
      name: 'signatures.foreign',
      dimensions: { service: 'bff' },
    };
    const rang = recorded(run.system, alarm);
    const { foreign } = await hourlyRun();
    expect(foreign.map((line) => [line.level, line.key, line.region, line.hours])).toEqual([
      ['WARN', keyName(key), region, 1],
      ['WARN', keyName(key), region, 24],
    ]);
    for (const line of foreign) {
      expect(line.foreign).toBeGreaterThanOrEqual(times);
      // Environments ended in the tests above.
      expect(line.foreign).toBeLessThanOrEqual(times + counted(key).signed / 50);
    }
    expect(recorded(run.system, alarm)).toBe(rang + 2);
  });

  test('is shown to an operator, whose command fails', async () => {
    const { code, out } = await runOperator('signatures --hours 24', {
      local: run.system.gateway.lambdaUrl,
    });
    expect(code).toBe(1);
    expect(out).toContain(`KMS signed with ${keyName(key)} in ${region}`);
    expect(out).toContain('somebody else signs');
  });

  test('is found, too, when it writes a count of its own into the log', async () => {
    const forged = 5_000;
    const [line] = run.logged('signatures.counted').filter((one) => one.key === keyName(key));
    const now = { ...line, 'signatures.counted': forged, _aws: { ...(line?._aws as object) } };
    part(run.system.cloudwatch).printed(JSON.stringify(now), region);
    const { foreign, unaccounted } = await hourlyRun();
    expect(foreign).toEqual([]);
    expect(unaccounted.map(({ key: named, reason }) => [named, reason])).toContainEqual([
      keyName(key),
      'fewer',
    ]);
    // Undone, for the tests below.
    const undone = { ...now, 'signatures.counted': -forged };
    part(run.system.cloudwatch).printed(JSON.stringify(undone), region);
  });
});

describe('without a count by KMS', () => {
  const metrics = () => part(run.system.cloudwatch).metrics;
  const ofKms = ({ namespace }: { namespace: string }) => namespace === 'AWS/KMS';
  beforeEach(() => part(run.system.cloudwatch).faults.reset());

  test('CloudWatch does not answer: it is said, and the other work of the hour is done', async () => {
    part(run.system.cloudwatch).faults.fault = () => ({
      error: 'InternalServiceFault',
      status: 500,
    });
    const { unaccounted, reported, compared } = await hourlyRun();
    expect(compared).toEqual([]);
    expect(new Set(unaccounted.map(({ reason }) => reason))).toEqual(new Set(['unread']));
    expect(reported).toHaveLength(1);
  });

  test('a metric of another name and other dimensions is found', async () => {
    const [first] = [...metrics().listed(Date.now())].filter(ofKms);
    const times = signedByKms(key);
    metrics().forget(ofKms);
    for (const { id } of await keys()) {
      const dimensions = { KeyId: id.slice(id.lastIndexOf('/') + 1), Api: 'Sign' };
      const value = id === key ? times : counted(id).signed;
      const at = Date.now() - someTimeAgo.recordsAgoMs();
      metrics().put([{ region, namespace: 'AWS/KMS', name: 'Calls', dimensions, value, at }]);
    }
    expect(first).toBeDefined();
    const { unaccounted, foreign } = await hourlyRun();
    expect(unaccounted).toEqual([]);
    expect(foreign.map((line) => line.key)).toEqual([keyName(key), keyName(key)]);
  });

  test('no metric at all is a finding for each key that signed', async () => {
    metrics().forget(ofKms);
    const { unaccounted } = await hourlyRun();
    const named = unaccounted.map((line) => `${line.key} ${line.reason}`);
    for (const { id } of await keys()) expect(named).toContain(`${keyName(id)} no_metric`);
    const { code, out } = await runOperator('signatures', { local: run.system.gateway.lambdaUrl });
    expect(code).toBe(1);
    expect(out).toContain('CloudWatch has no metric of KMS for it');
  });
});

describe('with a log level that drops everything below an error', () => {
  const quiet = running({ variables: { POWERTOOLS_LOG_LEVEL: 'ERROR' } });

  test('the count is whole', async () => {
    const ada = await quiet.signedIn();
    expect((await ada.fetch('/bff/api/v1/users')).status).toBe(200);
    expect(quiet.logged('login.completed')).toEqual([]);
    const lines = quiet.logged('signatures.counted');
    const signed = lines.reduce((all, line) => all + Number(line.signed), 0);
    expect(signed).toBe(quiet.kms.calls.count('Sign'));
  });
});
