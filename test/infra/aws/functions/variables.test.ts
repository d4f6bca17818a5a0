// The environment of a function, and what moves into a file when it is full.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aws, Stack } from 'aws-cdk-lib';
import { expect, onTestFinished, test } from 'vitest';
import { type Variables, variablesFor } from '#infra/aws/functions/variables.ts';
import { readEnvironment } from '#shared/config/environment.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import { minimal } from '#test/infra/aws/synthesis.ts';

const stack = new Stack(new App(), 'Any');
const variables = (config: ConfigInput, more: Record<string, string> = {}) =>
  stack.resolve(variablesFor(stack, config, { ...others, ...more })) as Variables;
const others = { BFF_TABLE: 't', BFF_DPOP_KEY: 'd', BFF_ASSERTION_KEY: 'a' };

const routesOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    path: `/bff/api/service-${at}/*`,
    upstream: `https://service-${at}.acme.com/api`,
  }));

/** What Lambda counts. */
const bytesOf = (environment: Record<string, string>) =>
  Object.entries(environment).reduce((sum, [name, value]) => sum + name.length + value.length, 0);

function taskRoot(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'bff-task-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('a configuration that fits is in the environment whole, beside no file', () => {
  const config = { ...minimal, routes: routesOf(10) };
  const { environment, files } = variables(config);
  expect(JSON.parse(environment.BFF_CONFIG ?? '')).toEqual(config);
  expect(files).toBeUndefined();
});

test('one with 200 routes fits as well, and functions read it as it was written', () => {
  const config = { ...minimal, routes: routesOf(200) };
  const { environment, files } = variables(config);
  expect(bytesOf(environment)).toBeLessThanOrEqual(4096);
  const LAMBDA_TASK_ROOT = taskRoot(files);
  const read = readEnvironment({ ...environment, LAMBDA_TASK_ROOT });
  expect(read.config).toEqual(parseConfig(config, 'deployed'));
});

test('a function whose routes are lost does not start, and opens nothing by default', () => {
  const { environment } = variables({ ...minimal, routes: routesOf(200) });
  const LAMBDA_TASK_ROOT = taskRoot();
  expect(() => readEnvironment({ ...environment, LAMBDA_TASK_ROOT })).toThrow('ENOENT');
});

test('the file is used where the bytes of all variables together end, and not before', () => {
  const config = { ...minimal, routes: routesOf(10) };
  const { environment } = variables(config);
  const room = 4096 - bytesOf(environment) - 'MORE'.length;
  const filled = (bytes: number) => variables(config, { MORE: 'x'.repeat(bytes) }).files;
  expect(filled(room)).toBeUndefined();
  expect(Object.keys(filled(room + 1) ?? {})).toEqual(['routes.json']);
});

test('what a deployment puts in counts as long as it can get', () => {
  const config = { ...minimal, routes: routesOf(10) };
  const { environment } = variables(config);
  const room = 4096 - bytesOf(environment) - 'ARN'.length;
  const arn = `arn:aws:kms:${Aws.REGION}:${Aws.ACCOUNT_ID}:key/`;
  const longest = 'arn:aws:kms:ap-southeast-4:111122223333:key/'.length;
  const filled = (bytes: number) =>
    variables(config, { ARN: arn + 'x'.repeat(bytes - longest) }).files;
  expect(filled(room)).toBeUndefined();
  expect(filled(room + 1)).toBeDefined();
});

test('what fits nowhere is refused by name', () => {
  const scopes = ['openid', ...Array.from({ length: 400 }, (_, at) => `api.scope.${at}`)];
  expect(() => variables({ ...minimal, scopes })).toThrow(
    /configuration: \d+ bytes beside its routes, and Lambda has room for 4096/,
  );
});
