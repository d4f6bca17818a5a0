import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { deadOrigin } from '#test/support/loopback.ts';

/** The command as a process of its own, with the AWS files of nobody. */
async function operator(args: string[], env: Record<string, string> = {}) {
  const home = await mkdtemp(join(tmpdir(), 'operator-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const files = {
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
  };
  await writeFile(
    files.AWS_CONFIG_FILE,
    '[default]\n[profile staging]\nregion = eu-west-1\n[sso-session main]\n',
  );
  await writeFile(files.AWS_SHARED_CREDENTIALS_FILE, '[prod]\naws_access_key_id = x\n');
  const own = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...files,
  };
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'infra/operator/main.ts'), ...args],
      { env: { ...own, ...env } },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

test('a missing profile is named as the cause, beside those that exist', async () => {
  for (const [args, env] of [
    [['status', '--profile', 'nope'], {}],
    [['status', '--stack', 'x', '--region', 'eu-west-1'], { AWS_PROFILE: 'nope' }],
  ] as const) {
    const { code, err } = await operator([...args], env);
    expect(code).toBe(1);
    expect(err).toMatch(
      /error: no AWS credentials were found: there is no profile nope in .*: there are default, staging, prod\n$/,
    );
  }
});

test('a Region that is missing is named, and so is how to reach a system of this machine', async () => {
  const { code, err } = await operator(['status', '--stack', 'x']);
  expect(code).toBe(1);
  expect(err).toContain('no AWS Region is set: give --region');
});

test('where nothing runs, it says so', async () => {
  const port = new URL(await deadOrigin()).port;
  const { code, err } = await operator(['status', '--local', port]);
  expect(code).toBe(1);
  expect(err).toContain(`nothing runs at http://127.0.0.1:${port}: npm start prints the address`);
});

test('where something else answers, it says so', async () => {
  const other = createServer((_request, response) =>
    response.writeHead(404).end('<html>no</html>'),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const { code, err } = await operator(['status', '--local', `${port}`]);
  expect(code).toBe(1);
  expect(err).toContain(
    `the local system at http://127.0.0.1:${port} does not answer as the operator function`,
  );
  expect(err).toContain('npm start prints the line with the right port');
});

test('colour is for terminals, unless FORCE_COLOR asks for it, and never with NO_COLOR', async () => {
  const painted = String.fromCharCode(27);
  const wrong = ['status', '--local', new URL(await deadOrigin()).port];
  expect((await operator(wrong)).err).not.toContain(painted);
  expect((await operator(wrong, { FORCE_COLOR: '1' })).err).toContain(painted);
  expect((await operator(wrong, { FORCE_COLOR: '1', NO_COLOR: '1' })).err).not.toContain(painted);
});

/** AWS as it answers in its two protocols: CloudFormation and STS in XML, Lambda in JSON. */
async function awsThat(
  refuses: { action: string; code: string },
  /** Of the test itself: several run at a time. */
  atItsEnd: (close: () => void) => void,
) {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const action = /Action=(\w+)/.exec(body)?.[1] ?? 'Invoke';
    const { code } = refuses;
    const refused = action === refuses.action;
    if (action === 'Invoke') {
      response.writeHead(refused ? 403 : 200, { 'x-amzn-errortype': code });
      response.end('{"message":"no"}');
      return;
    }
    const answer = refused
      ? `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`
      : '<R><GetCallerIdentityResult><Arn>arn:aws:sts::1:assumed-role/Admin/ada</Arn></GetCallerIdentityResult></R>';
    response.writeHead(refused ? 403 : 200, { 'content-type': 'text/xml' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atItsEnd(() => void server.close());
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'some',
    AWS_SECRET_ACCESS_KEY: 'thing',
    AWS_REGION: 'eu-west-1',
  };
}

describe('what AWS refuses, the command turns into what the operator can do', () => {
  const expired = 'the AWS credentials have expired: sign in again';
  const missing = 'in this account and Region: name it with --stack, --region, --profile';
  test.concurrent.for([
    ['--stack', 'DescribeStacks', 'ValidationError', `there is no stack bff ${missing}`],
    ['--stack', 'DescribeStacks', 'AccessDenied', 'may not reach the stack bff'],
    ['--stack', 'DescribeStacks', 'ExpiredToken', expired],
    ['--function', 'GetCallerIdentity', 'AccessDenied', 'may not reach the function bff'],
    ['--function', 'Invoke', 'AccessDeniedException', 'may not reach the function bff'],
    ['--function', 'Invoke', 'ExpiredTokenException', expired],
    ['--function', 'Invoke', 'ResourceNotFoundException', `there is no function bff ${missing}`],
    ['--function', 'Invoke', 'ThrottledOrSo', 'cannot be reached: ThrottledOrSo: no'],
  ] as const)('%s: %s answers %s', async ([flag, action, code, says], { onTestFinished }) => {
    const aws = await awsThat({ action, code }, onTestFinished);
    const { err } = await operator(['status', flag, 'bff'], aws);
    expect(err).toContain(says);
  });
});
