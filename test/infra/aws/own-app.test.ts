import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { ownApp } from './own-app.ts';
import { templateOf } from './synthesis.ts';

test('the construct serves an app that has neither our flags nor our stacks', () => {
  // Without bundling; as CDK apps are that know nothing of this repository.
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const broker = templateOf(Template.fromStack(ownApp(app)));
  expect(Object.keys(broker.of('AWS::Lambda::Function'))).toHaveLength(5);
  expect(broker.only('AWS::CloudFront::Distribution')).toBeDefined();
  expect(app.node.tryFindChild('Shop-edge')).toBeDefined();
  expect(app.node.tryFindChild('Shop-logs')).toBeDefined();
});

test('the example in the guide is this one', () => {
  const code = readFileSync(join(root, 'test/infra/aws/own-app.ts'), 'utf8');
  const [, example = ''] =
    readFileSync(join(root, 'docs/deploy.md'), 'utf8').match(/```ts\n([\s\S]*?)```/) ?? [];
  const body = (text: string) => text.slice(text.indexOf('const env')).replace(/\s+/g, ' ').trim();
  expect(example).not.toBe('');
  expect(body(code)).toContain(body(example).replace(/ return stack; \}$/, ''));
});
