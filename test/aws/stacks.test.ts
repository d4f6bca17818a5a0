import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { bodyOf, serve } from '#test/support/loopback.ts';
import { synthesise } from '../infra/aws/synthesis.ts';
import { stacksOf, statusOf, untilDeletable } from './stacks.ts';

/** A stack that is in one state after another. A cancelled update is rolled back, as CloudFormation does it. */
async function cloudFormation(...states: string[]) {
  const calls: string[] = [];
  const { origin } = await serve(async (request, response) => {
    const form = new URLSearchParams((await bodyOf(request)).toString());
    const action = form.get('Action') ?? '';
    const state = states[0];
    if (action === 'CancelUpdateStack') {
      calls.push(action);
      if (state !== 'UPDATE_IN_PROGRESS') return refuse(`cannot be called from ${state}`);
      states.splice(0, states.length, 'UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE');
      return answer('');
    }
    if (!state) return refuse(`Stack with id ${form.get('StackName')} does not exist`);
    calls.push(state);
    if (states.length > 1) states.shift();
    return answer(
      `<Stacks><member><StackName>s</StackName><CreationTime>2026-11-30T00:00:00Z</CreationTime>` +
        `<StackStatus>${state}</StackStatus></member></Stacks>`,
    );

    function answer(result: string) {
      response.end(
        `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
      );
    }
    function refuse(message: string) {
      response.writeHead(400);
      response.end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    }
  });
  const client = new CloudFormationClient({
    endpoint: origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  return { client, calls };
}

const quickly = { everyMs: 1, tell: () => undefined };

const placed = (stacks: { name: string; region: string }[]) =>
  stacks.map(({ name, region }) => `${name} in ${region}`).toSorted();

const made = (region: string) =>
  synthesise({ name: 'bff-smoke', region })
    .app.node.children.filter((child) => child instanceof Stack)
    .map((stack) => ({ name: stack.stackName, region: stack.region }));

describe.each(['us-east-1', 'eu-west-1'])('in %s', (region) => {
  const stacks = made(region);

  test('the stacks are those that the CDK makes', () => {
    expect(placed(stacksOf('bff-smoke', region))).toEqual(placed(stacks));
  });
});

test('a stack that does not exist has no status, and nothing to wait for', async () => {
  const { client, calls } = await cloudFormation();
  expect(await statusOf(client, 'bff-smoke')).toBeUndefined();
  await untilDeletable(client, 'bff-smoke', quickly);
  expect(calls).toEqual([]);
});

test('an update is cancelled, and its rollback waited for', async () => {
  const { client, calls } = await cloudFormation('UPDATE_IN_PROGRESS');
  await untilDeletable(client, 'bff-smoke', quickly);
  expect(calls).toEqual([
    'UPDATE_IN_PROGRESS',
    'CancelUpdateStack',
    'UPDATE_ROLLBACK_IN_PROGRESS',
    'UPDATE_ROLLBACK_COMPLETE',
  ]);
});

test('an update that ends before it can be cancelled is waited for', async () => {
  const { client, calls } = await cloudFormation(
    'UPDATE_IN_PROGRESS',
    'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    'UPDATE_COMPLETE',
  );
  await untilDeletable(client, 'bff-smoke', quickly);
  expect(calls.at(-1)).toBe('UPDATE_COMPLETE');
  expect(calls).toContain('CancelUpdateStack');
});

test.each([
  'CREATE_IN_PROGRESS',
  'REVIEW_IN_PROGRESS',
  'ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_FAILED',
  'DELETE_FAILED',
])('a stack that is %s can be deleted at once', async (state) => {
  const { client, calls } = await cloudFormation(state);
  await untilDeletable(client, 'bff-smoke', quickly);
  expect(calls).toEqual([state]);
});

test('a failure that says nothing about the stack is no proof that it is gone', async () => {
  const { origin } = await serve((_request, response) => {
    response.writeHead(403);
    response.end(
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
    );
  });
  const client = new CloudFormationClient({
    endpoint: origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  await expect(statusOf(client, 'bff-smoke')).rejects.toThrow('no');
});
