import {
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda';
import { expect, onTestFinished, test } from 'vitest';
import type { Gateway } from '#infra/local/gateway/gateway.ts';
import { gatewayWith, toy } from '#test/support/toys.ts';

function clientOf(gateway: Gateway) {
  const client = new LambdaClient({
    endpoint: gateway.lambdaUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

const invoke = (client: LambdaClient, FunctionName: string, payload: unknown = {}) =>
  client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }));

const keys = `export const handler = async (event) => {
  if (event.action === 'fail') throw new RangeError('no such key');
  return { heard: event.action };
};`;
const routeless = (source = keys) => toy(source, { name: 'keys', routes: [] });

test('the SDK client invokes a function without a route, by name and by ARN', async () => {
  const gateway = await gatewayWith([await routeless()]);
  const client = clientOf(gateway);
  for (const name of [
    'keys',
    'arn:aws:lambda:us-east-1:111122223333:function:keys',
    'keys:$LATEST',
  ]) {
    const answer = await invoke(client, name, { action: 'list' });
    expect(answer.StatusCode).toBe(200);
    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toEqual({ heard: 'list' });
  }
  expect((await fetch(`${gateway.url}/bff/keys`)).status).toBe(404);
});

test('an error of the function is a FunctionError with its type and message', async () => {
  const client = clientOf(await gatewayWith([await routeless()]));
  const answer = await invoke(client, 'keys', { action: 'fail' });
  expect(answer.FunctionError).toBe('Unhandled');
  expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'no such key',
    trace: expect.any(Array),
  });
});

test('a missing function is ResourceNotFoundException', async () => {
  const client = clientOf(await gatewayWith([]));
  await expect(invoke(client, 'keys')).rejects.toBeInstanceOf(ResourceNotFoundException);
});

test('a function with all its environments busy is TooManyRequestsException', async () => {
  const gateway = await gatewayWith(
    [
      await routeless(
        'export const handler = () => new Promise((resolve) => setTimeout(resolve, 5000));',
      ),
    ],
    { containers: 1, queue: 0 },
  );
  const client = clientOf(gateway);
  const running = invoke(client, 'keys').catch(() => undefined);
  await expect.poll(() => gateway.functions().environments('keys')).toBe(1);
  await expect(invoke(client, 'keys')).rejects.toBeInstanceOf(TooManyRequestsException);
  await gateway.close();
  await running;
});

test('a dry run does not run', async () => {
  const client = clientOf(
    await gatewayWith([await routeless('export const handler = () => process.exit(1);')]),
  );
  const answer = await client.send(
    new InvokeCommand({ FunctionName: 'keys', InvocationType: 'DryRun' }),
  );
  expect(answer.StatusCode).toBe(204);
});

test('a request that is not signed is refused: a web page cannot send one that is', async () => {
  const gateway = await gatewayWith([await routeless()]);
  const url = `${gateway.lambdaUrl}/2015-03-31/functions/keys/invocations`;
  const answer = await fetch(url, { method: 'POST', body: '{"action":"list"}' });
  expect(answer.status).toBe(403);
  expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.ok).toBe(false);
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
});

test('a payload that is not JSON is refused', async () => {
  const gateway = await gatewayWith([await routeless()]);
  const client = clientOf(gateway);
  await expect(
    client.send(new InvokeCommand({ FunctionName: 'keys', Payload: Buffer.from('{') })),
  ).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
});

test('the usual port is left to whoever has it', async () => {
  const first = await gatewayWith([], { lambdaPort: 'usual' });
  const second = await gatewayWith([], { lambdaPort: 'usual' });
  expect(second.lambdaUrl).not.toBe(first.lambdaUrl);
});

test('a port that was asked for and is taken is an error', async () => {
  const first = await gatewayWith([]);
  const lambdaPort = Number(new URL(first.lambdaUrl).port);
  const failure = gatewayWith([], { lambdaPort });
  await expect(failure).rejects.toMatchObject({ name: 'PortTaken', whose: 'lambda' });
});
