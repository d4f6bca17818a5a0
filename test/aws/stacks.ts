// The stacks of the environment: whether there are any, and when they can be deleted.

import { setTimeout as pause } from 'node:timers/promises';
import {
  CancelUpdateStackCommand,
  type CloudFormationClient,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { usEast1 } from '#infra/aws/front/us-east-1.ts';

export interface PlacedStack {
  name: string;
  region: string;
}

export const stacksOf = (name: string, region: string): PlacedStack[] => [
  { name: `${name}-state`, region },
  { name, region },
  ...(region === usEast1 ? [] : ['edge', 'logs']).map((purpose) => ({
    name: `${name}-${purpose}-${region}`,
    region: usEast1,
  })),
];

/**
 * Returns undefined when there is no such stack. AWS documents another error than this one, which CloudFormation sends:
 * https://github.com/boto/boto3/issues/2807
 */
export async function statusOf(
  client: CloudFormationClient,
  StackName: string,
): Promise<string | undefined> {
  const missing = (error: Error) => {
    if (error.name === 'ValidationError' && /does not exist/.test(error.message)) return undefined;
    throw error;
  };
  const answer = await client.send(new DescribeStacksCommand({ StackName })).catch(missing);
  return answer?.Stacks?.[0]?.StackStatus;
}

/**
 * Waits until the stack can be deleted. CloudFormation goes on when the CDK's command has ended, and refuses to delete a
 * stack that it updates or rolls back. An update can be cancelled: the stack then goes back to what it was, with
 * UPDATE_ROLLBACK_COMPLETE at the end.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn--stack-update-cancel.html
 */
export async function untilDeletable(
  client: CloudFormationClient,
  StackName: string,
  { everyMs = 10_000, tell = console.log } = {},
): Promise<void> {
  let told: string | undefined;
  for (;;) {
    const status = await statusOf(client, StackName);
    if (!status || isDeletable(status)) return;
    if (status !== told) tell(`${StackName} is ${status}: waiting, it cannot be deleted meanwhile`);
    told = status;
    if (status === 'UPDATE_IN_PROGRESS') await cancelUpdate(client, StackName);
    await pause(everyMs);
  }
}

/**
 * A stack that is only being made can be deleted at once. For one under review see
 * https://github.com/go-to-k/delstack/pull/646; no page of AWS says it of CREATE_IN_PROGRESS. If it were refused, the
 * command to destroy would fail, and the person be told what to look for.
 */
const isDeletable = (status: string): boolean =>
  !status.endsWith('_IN_PROGRESS') || ['CREATE_IN_PROGRESS', 'REVIEW_IN_PROGRESS'].includes(status);

/** It may have ended, or have been cancelled, since the status was read. */
async function cancelUpdate(client: CloudFormationClient, StackName: string): Promise<void> {
  await client.send(new CancelUpdateStackCommand({ StackName })).catch((error: Error) => {
    if (error.name !== 'ValidationError') throw error;
  });
}
