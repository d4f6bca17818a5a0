// What a deployment of 0.1.0 has (commit 4d219a0, default configuration, us-east-1), and what CloudFormation would
// replace if these properties changed: released.json. An upgrade must find all of it where it is.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { missingRelease } from '#test/deploy/released.ts';
import { synthesise, templateOf } from './synthesis.ts';

interface Released {
  Type: string;
  /** Properties whose change is a replacement, as they were. */
  fixed: Record<string, unknown>;
}

const released: Record<string, Record<string, Released>> = JSON.parse(
  readFileSync(join(root, 'test/infra/aws/released.json'), 'utf8'),
);
const { app } = synthesise();

test.each(Object.entries(released))('an upgrade replaces nothing in %s', (name, resources) => {
  const now = templateOf(Template.fromStack(app.node.findChild(name) as Stack)).resources;
  const found = Object.fromEntries(
    Object.entries(resources).map(([id, { fixed }]) => {
      const { Type, Properties = {} } = now[id] ?? { Type: 'gone' };
      const same = Object.keys(fixed).map((key) => [key, Properties[key]]);
      return [id, { Type, fixed: Object.fromEntries(same) }];
    }),
  );
  expect(Object.keys(resources).length).toBeGreaterThan(3);
  expect(found).toEqual(resources);
});

test('a clone without the history is told how to get it', async () => {
  const clone = mkdtempSync(join(tmpdir(), 'bff-shallow-'));
  onTestFinished(() => rmSync(clone, { recursive: true }));
  execFileSync('git', ['init', '--quiet', clone]);
  expect(await missingRelease(clone)).toContain('git fetch --unshallow');
});
