// Where the operator function is, and how it is invoked: with the operator's own AWS credentials, or on this machine,
// by the same client.
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import { lambdaMs } from '#core/limits.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';
import { profileFault } from './profile.ts';
import { flagsOf, usualLocalUrl, usualStack, type Where } from './where.ts';

export interface Target {
  /** For people, so that nobody takes one system for the other. */
  name: string;
  local: boolean;
  /** The flags that name it. */
  flags: string[];
  /** Who asks, as AWS or this machine knows them. */
  actor: string;
  invoke(event: OperatorEvent): Promise<OperatorOutcome>;
  close(): void;
}

/** It cannot be reached this way. The message says what to do. */
export class NoTarget extends Error {
  override name = 'NoTarget';
}

export async function findTarget(where: Where): Promise<Target> {
  switch (where.kind) {
    case 'local':
      if (await answers(where.url)) return localTarget(where.url);
      throw new NoTarget(`nothing runs at ${where.url}: npm start prints the address for this`);
    case 'any':
      return (await localRuns()) ? localTarget(usualLocalUrl) : usualDeployed();
    default:
      return deployedTarget(where);
  }
}

/** Tells whether something listens where the local system usually does. */
export const localRuns = (): Promise<boolean> => answers(usualLocalUrl);

/** No system was named, so the message also says that a local one was looked for. */
async function usualDeployed(): Promise<Target> {
  try {
    return await deployedTarget({ kind: 'stack', stack: usualStack });
  } catch (error) {
    if (!(error instanceof NoTarget)) throw error;
    throw new NoTarget(
      `no system was named, and none runs at ${usualLocalUrl}; in AWS, ${error.message}. ` +
        'Name one: --local <port> as npm start prints it, or --stack <name> --region <name>',
    );
  }
}

const localTarget = (url: string): Target =>
  target({
    name: `the local system at ${url}`,
    local: true,
    flags: flagsOf({ kind: 'local', url }),
    actor: userInfo().username,
    functionName: 'keys',
    client: new LambdaClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      ...once,
    }),
  });

type Deployed = Exclude<Where, { kind: 'local' | 'any' }>;

async function deployedTarget(where: Deployed): Promise<Target> {
  const { region, profile } = where;
  const account = region ? { region } : {};
  // As in the AWS command line: everything that the profile says, not only what the clients accept as an option.
  if (profile) process.env.AWS_PROFILE = profile;
  const fault = process.env.AWS_PROFILE && profileFault(process.env.AWS_PROFILE);
  if (fault) throw new NoTarget(fault);
  try {
    const functionName = where.kind === 'function' ? where.name : await functionOf(where, account);
    const client = new LambdaClient({ ...account, ...once });
    return target({
      name: `${where.kind === 'function' ? where.name : where.stack} in ${await client.config.region()}`,
      local: false,
      flags: flagsOf(where),
      actor: await callerOf(account),
      functionName,
      client,
    });
  } catch (error) {
    throw error instanceof NoTarget ? error : new NoTarget(whatToDo(error, where));
  }
}

/** A call that is repeated automatically might do something twice. */
const once = {
  maxAttempts: 1,
  requestHandler: { requestTimeout: lambdaMs.operator + 10_000 },
};

async function functionOf({ stack }: { stack: string }, account: object): Promise<string> {
  const client = new CloudFormationClient(account);
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = Stacks?.[0]?.Outputs ?? [];
  const found = outputs.find(({ OutputKey }) => OutputKey?.endsWith('OperatorFunction'));
  if (found?.OutputValue) return found.OutputValue;
  throw new NoTarget(
    `stack ${stack} has no output OperatorFunction: name another with --stack or --function`,
  );
}

/** The last parts of the caller's ARN: `assumed-role/Admin/ada`. */
async function callerOf(account: object): Promise<string> {
  const { Arn = '' } = await new STSClient(account).send(new GetCallerIdentityCommand());
  return Arn.split(':').at(-1) || 'unknown';
}

function target({
  client,
  functionName,
  ...facts
}: Pick<Target, 'name' | 'local' | 'flags' | 'actor'> & {
  functionName: string;
  client: LambdaClient;
}): Target {
  return {
    ...facts,
    async invoke(event) {
      const command = new InvokeCommand({
        FunctionName: functionName,
        Payload: JSON.stringify({ actor: facts.actor, ...event }),
      });
      const { FunctionError, Payload } = await client.send(command).catch((error: unknown) => {
        throw new NoTarget(
          facts.local
            ? wrongPort(facts.name, error)
            : whatToDo(error, { kind: 'function', name: functionName }),
        );
      });
      const answer: unknown = JSON.parse(Payload?.transformToString() || 'null');
      if (FunctionError) throw new NoTarget(`the function failed: ${errorOf(answer)}`);
      return answer as OperatorOutcome;
    },
    close: () => client.destroy(),
  };
}

/** Other servers of this machine listen, too: the app's own port, for example. */
const wrongPort = (name: string, error: unknown): string =>
  `${name} does not answer as the operator function (${error instanceof Error ? error.name : error}): ` +
  'npm start prints the line with the right port';

const errorOf = (answer: unknown): string => {
  const { errorType = 'Error', errorMessage = '' } = (answer ?? {}) as Record<string, string>;
  return `${errorType}: ${errorMessage}`;
};

function whatToDo(error: unknown, where: Deployed): string {
  const { name, message } =
    error instanceof Error ? error : { name: 'Error', message: String(error) };
  const asked = where.kind === 'stack' ? `stack ${where.stack}` : `function ${where.name}`;
  switch (name) {
    case 'CredentialsProviderError':
    case 'TokenProviderError':
      return 'no AWS credentials were found: sign in (aws sso login), or give --profile';
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return 'the AWS credentials have expired: sign in again';
    case 'AccessDenied':
    case 'AccessDeniedException':
      return `your AWS credentials may not reach the ${asked}`;
    case 'ValidationError':
    case 'ResourceNotFoundException':
      return `there is no ${asked} in this account and Region: name it with --stack, --region, --profile`;
    default:
      return /region is missing/i.test(message)
        ? 'no AWS Region is set: give --region'
        : `the ${asked} cannot be reached: ${name}: ${message}`;
  }
}

/** Tells whether something listens there. */
function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) || 80 });
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
