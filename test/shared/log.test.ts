import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BrokerError } from '#core/errors.ts';
import { type EventFields, metricsNamespace } from '#core/events.ts';
import { plain, words } from '#core/lib/plain.ts';
import { logFailure, logOf } from '#shared/log.ts';

const requestId = 'request-1';
const logEvent = logOf(requestId);
let lines: Record<string, unknown>[];

beforeEach(() => {
  lines = [];
  const keep = (chunk: unknown) => {
    lines.push(JSON.parse(String(chunk)));
    return true;
  };
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation(keep as never);
  }
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-abc-def;Parent=1;Sampled=1');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const aCall = (
  fields: Partial<EventFields<'proxy.completed'>>,
): EventFields<'proxy.completed'> => ({
  route: plain('/bff/api/v1/*'),
  method: plain('GET'),
  status: 200,
  totalMs: 32,
  storeMs: 4,
  signerMs: 9,
  tokenMs: 0,
  upstreamMs: 18,
  retries: 0,
  nonceHit: true,
  speculationHit: false,
  trace: plain('0af7651916cd43dd8448eb211c80319c'),
  ...fields,
});

test('an event is one line, with its metrics in CloudWatch’s embedded format', () => {
  const call = aCall({ status: 404 });
  logEvent('proxy.completed', call);
  expect(lines).toEqual([
    {
      level: 'INFO',
      message: 'proxy.completed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'bff',
      sampling_rate: 0,
      xray_trace_id: '1-abc-def',
      request_id: 'request-1',
      ...call,
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: metricsNamespace,
            Dimensions: [['service']],
            Metrics: [
              { Name: 'proxy.completed', Unit: 'Count' },
              { Name: 'proxy.completed.4xx', Unit: 'Count' },
              { Name: 'proxy.completed.totalMs', Unit: 'Milliseconds' },
              { Name: 'proxy.completed.storeMs', Unit: 'Milliseconds' },
              { Name: 'proxy.completed.signerMs', Unit: 'Milliseconds' },
              { Name: 'proxy.completed.upstreamMs', Unit: 'Milliseconds' },
              { Name: 'proxy.completed.retries', Unit: 'Count' },
              { Name: 'proxy.completed.nonceHit', Unit: 'Count' },
              { Name: 'proxy.completed.speculationHit', Unit: 'Count' },
            ],
          },
        ],
      },
      'proxy.completed': 1,
      'proxy.completed.4xx': 1,
      'proxy.completed.totalMs': 32,
      'proxy.completed.storeMs': 4,
      'proxy.completed.signerMs': 9,
      'proxy.completed.upstreamMs': 18,
      'proxy.completed.retries': 0,
      'proxy.completed.nonceHit': 1,
      'proxy.completed.speculationHit': 0,
    },
  ]);
});

test('CloudWatch counts how often each thing happened in a call', () => {
  const fields = { status: 200, retries: 1, nonceHit: false, speculationHit: true };
  logEvent('proxy.completed', aCall(fields));
  expect(lines).toEqual([
    expect.objectContaining({
      ...fields,
      'proxy.completed.retries': 1,
      'proxy.completed.nonceHit': 0,
      'proxy.completed.speculationHit': 1,
    }),
  ]);
});

test('each line carries the id of its own request, however many are under way', () => {
  const [one, other] = [logOf('request-one'), logOf('request-other')];
  one('login.started');
  other('login.completed');
  one('login.completed');
  logFailure(new BrokerError('csrf', 'refused'), 'request-other');
  expect(lines.map(({ request_id: id }) => id)).toEqual([
    'request-one',
    'request-other',
    'request-one',
    'request-other',
  ]);
});

test('the line of every call is written as Powertools writes the others', () => {
  const fields = { status: 200 };
  logEvent('proxy.completed', fields as EventFields<'proxy.completed'>);
  logEvent('revocation.failed', fields);
  const [plain, throughPowertools] = lines.map((line) => ({
    ...Object.fromEntries(
      Object.entries(line).map(([name, value]) => [
        name.replace('revocation.failed', 'proxy.completed'),
        value,
      ]),
    ),
    _aws: JSON.parse(JSON.stringify(line._aws).replaceAll('revocation.failed', 'proxy.completed')),
    message: String(line.message).replace('revocation.failed', 'proxy.completed'),
    timestamp: undefined,
  }));
  for (const line of [plain, throughPowertools]) {
    expect(line?._aws.Timestamp).toEqual(expect.any(Number));
    if (line) line._aws.Timestamp = 0;
  }
  expect(Object.keys(plain ?? {})).toEqual(Object.keys(throughPowertools ?? {}));
  expect(plain).toEqual(throughPowertools);
});

test('a field that the catalogue does not list never reaches the log', () => {
  const token = 'a.b.c';
  const passed = { ...aCall({}), why: 'operator' as const, token, status: 200 };
  logEvent('proxy.completed', passed);
  logEvent('session.ended', passed);
  expect(lines.map(({ message }) => message)).toEqual(['proxy.completed', 'session.ended']);
  expect(JSON.stringify(lines)).not.toContain(token);
});

test('an answer of the authorization server that must not be used is a warning', () => {
  logEvent('login.untrusted', { reason: words`token_type is bearer, not DPoP` });
  logEvent('refresh.untrusted', { reason: words`r` });
  logEvent('login.completed');
  expect(lines.map(({ level }) => level)).toEqual(['WARN', 'WARN', 'INFO']);
});

test('a failure is one line with its code, is counted by its code, and quotes nothing', () => {
  const cause = new TypeError('token at arn:aws:kms:x');
  logFailure(new BrokerError('store_unavailable', 'DynamoDB Query failed', { cause }), requestId);
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'ERROR',
      message: 'request.failed',
      code: 'store_unavailable',
      reason: 'DynamoDB Query failed',
      cause: 'TypeError',
      request_id: 'request-1',
      'failed.store_unavailable': 1,
    }),
  ]);
  expect(JSON.stringify(lines)).not.toContain('arn:');
});

test('an error that is not ours is logged with its name and our stack frames, and no line of its message', () => {
  logFailure(new TypeError('cannot read\nsecret-one\n  at secret-two\nsecret-three'), requestId);
  const text = JSON.stringify(lines);
  expect(text).toContain('TypeError');
  expect(text).toContain('log.test.ts');
  expect(text).not.toContain('secret');
});
