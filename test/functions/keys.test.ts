import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/system.ts';
import { visitor } from '#test/support/visitor.ts';

let system: System;
let client: LambdaClient;

beforeAll(async () => {
  system = await startSystem({ environment: {} });
  client = new LambdaClient({
    endpoint: system.gateway.lambdaUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client?.destroy();
  await system?.close();
});

async function ask(command: unknown) {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: 'keys', Payload: JSON.stringify(command) }),
  );
  return { FunctionError, answer: JSON.parse(Buffer.from(Payload ?? []).toString()) };
}

test('the report has the age of every key and the sessions that hang on it', async () => {
  await visitor(system.url).signIn();
  await visitor(system.url).signIn();
  const { answer } = await ask({ command: 'report' });
  const young = { state: 'active', since: 0, ageDays: 0 };
  expect(answer.keys).toEqual([
    { ...young, use: 'dpop', id: system.keys.dpop, sessions: 2, lastEnd: expect.any(Number) },
    { ...young, use: 'assertion', id: system.keys.assertion, sessions: 0 },
  ]);
});

test('the report is measured, without naming a key', async () => {
  await ask({ command: 'report' });
  const lines = system.logs.filter((line) => line.function === 'keys').map(({ line }) => line);
  const measured = lines.flatMap((line) => (line.includes('"_aws"') ? [JSON.parse(line)] : []));
  expect(Object.assign({}, ...measured)).toMatchObject({
    'keys.dpop.reported': 1,
    'keys.dpop.reported.ageDays': 0,
    'keys.dpop.reported.sessions': expect.any(Number),
    'keys.dpop.reported.drainingSessions': 0,
    'keys.assertion.reported.ageDays': 0,
  });
  expect(lines.join()).not.toContain('arn:');
});

test.each([[null], [{}], [{ command: 'rotat' }], [{ httpMethod: 'GET', path: '/' }]])(
  'refuses %j',
  async (command) => {
    const { FunctionError, answer } = await ask(command);
    expect(FunctionError).toBe('Unhandled');
    expect(answer.errorMessage).toContain('unknown command');
  },
);
