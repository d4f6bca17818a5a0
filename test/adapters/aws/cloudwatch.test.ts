// What CloudWatch knows of the signatures of a key, read over the wire: all pages, the right metric, and no guess.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cloudwatchCalls, signatureRecords } from '#adapters/aws/cloudwatch.ts';
import { httpClient } from '#adapters/http/client.ts';
import { metricsNamespace } from '#core/events.ts';
import type { SignatureRecords } from '#core/keys/signatures/records.ts';
import { type Cloudwatch, startCloudwatch } from '#infra/local/aws/cloudwatch/server.ts';
import { local } from '../aws-clients.ts';

const home = 'eu-central-1';
const away = 'eu-west-1';
const arn = (region: string, id = 'mrk-1a2b3c4d0000') =>
  `arn:aws:kms:${region}:111122223333:key/${id}`;
const at = Date.now() - 3_600_000;
const slot = Math.floor(at / 300_000) * 300;
const span = { from: slot - 3_000, to: slot + 3_000 };

let cloudwatch: Cloudwatch;
let records: SignatureRecords;
const http = httpClient();
beforeAll(async () => {
  cloudwatch = await startCloudwatch();
  records = signatureRecords([home, away], (region) =>
    cloudwatchCalls(http, { region, credentials: local, endpoint: cloudwatch.url }),
  );
});
beforeEach(() => {
  cloudwatch.faults.reset();
  cloudwatch.metrics.forget(() => true);
});
afterAll(async () => {
  await Promise.all([cloudwatch.close(), http.close()]);
});

const put = (
  namespace: string,
  name: string,
  dimensions: Record<string, string>,
  value: number,
  region = home,
) => cloudwatch.metrics.put([{ region, namespace, name, dimensions, value, at }]);
const kms = (name: string, value: number, more: Record<string, string> = {}) =>
  put('AWS/KMS', name, { KeyArn: arn(home), Operation: 'Sign', ...more }, value);
const reported = (value: number, service: string, region = home) =>
  put(
    metricsNamespace,
    'signatures.counted',
    { service, key: 'mrk-1a2b3c4d', region: home },
    value,
    region,
  );
const read = () => records.read(arn(home), home, span);

test('without a metric of the key there is no count, which is not a count of none', async () => {
  put('AWS/KMS', 'SuccessfulRequest', { KeyArn: arn(home, 'mrk-other'), Operation: 'Sign' }, 7);
  put('AWS/KMS', 'SuccessfulRequest', { KeyArn: arn(home), Operation: 'GetPublicKey' }, 7);
  expect(await read()).toEqual({ kms: undefined, signed: [], unanswered: [] });
  kms('SuccessfulRequest', 7);
  expect((await read()).kms).toEqual([[slot, 7]]);
});

test('the reports of every broker in every Region of the keys count', async () => {
  reported(3, 'one');
  reported(4, 'two');
  reported(5, 'one', away);
  const { signed } = await read();
  expect(signed.reduce((sum, [, count]) => sum + count, 0)).toBe(12);
});

test('among several metrics of the key, the successes count', async () => {
  kms('SuccessfulRequest', 7);
  kms('ThrottledRequest', 2);
  expect((await read()).kms).toEqual([[slot, 7]]);
});

test('several metrics, none of which is known to count successes, are no count', async () => {
  kms('Requests', 9);
  kms('ThrottledRequest', 2);
  expect((await read()).kms).toBeUndefined();
});

test('a metric of another name is found behind the first page', async () => {
  for (let n = 0; n < 1_100; n++) {
    put('AWS/KMS', 'SuccessfulRequest', { KeyArn: arn(home, `other-${n}`), Operation: 'Sign' }, 1);
  }
  put('AWS/KMS', 'Calls', { KeyId: 'mrk-1a2b3c4d0000', Api: 'Sign' }, 7);
  expect((await read()).kms).toEqual([[slot, 7]]);
});

test('the pages of a long series are one series', async () => {
  kms('SuccessfulRequest', 7);
  const page = { rewrite: (answer: object) => ({ ...answer, NextToken: 'more' }) };
  cloudwatch.faults.failNext(page, { operation: 'GetMetricData' });
  expect((await read()).kms).toEqual([
    [slot, 7],
    [slot, 7],
  ]);
});

test.each(['InternalError', 'Forbidden'])(
  'a series that is %s is no count of none',
  async (code) => {
    kms('SuccessfulRequest', 7);
    const failed = { MetricDataResults: [{ Timestamps: [], Values: [], StatusCode: code }] };
    cloudwatch.faults.failNext({ rewrite: () => failed }, { operation: 'GetMetricData' });
    await expect(read()).rejects.toThrow(code);
  },
);
