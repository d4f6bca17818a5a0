// AWS's own linter over every template: the schemas of all resource types, in every Region where a broker can be.
import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { App } from 'aws-cdk-lib';
import { afterAll, describe, expect, test } from 'vitest';
import { builtSpa, everyConfigField, everyDeploymentField } from '#test/infra/aws/everything.ts';
import { ownApis } from '#test/infra/aws/own-api/own-apis.ts';
import { newApp, synthesise } from '#test/infra/aws/synthesis.ts';
import { pythonWith } from './python.ts';

const run = promisify(execFile);
const { python, ready } = pythonWith('cfn-lint-1.58.0', ['cfn-lint==1.58.0']);
const cfnLint = join(dirname(python), 'cfn-lint');
const reason = await ready();
if (reason) console.log(`cfn-lint: skipped, ${reason}`);

const spa = builtSpa();
afterAll(() => rmSync(spa, { recursive: true, force: true }));
const deployment = everyDeploymentField(spa);

/** W3005: the CDK writes dependencies that references imply. */
const accepted = ['--ignore-checks', 'W3005'];

/** What the linter says about each template of the app. */
async function linted(app: App): Promise<string> {
  const { directory } = app.synth();
  const templates = readdirSync(directory)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => join(directory, name));
  expect(templates.length).toBeGreaterThan(1);
  return run(cfnLint, [...accepted, '--template', ...templates]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; message: string }) => error.stdout || error.message,
  );
}

describe.skipIf(reason)('cfn-lint finds nothing in', () => {
  test.each<[string, Record<string, unknown>]>([
    ['the default deployment', {}],
    ['the default deployment outside us-east-1', { region: 'eu-west-1' }],
    ['a deployment with every field', { bff: everyConfigField, deployment }],
    [
      'a deployment with every field that can be destroyed',
      { bff: everyConfigField, deployment: { ...deployment, removalPolicy: 'destroy' } },
    ],
  ])('%s', async (_, context) => {
    expect(await linted(synthesise(context).app)).toBe('');
  });

  test('APIs behind a DpopAuthorizer, with as little as possible and with every field', async () => {
    expect(await linted(ownApis(newApp()))).toBe('');
  });
});
