// What the documents offer is accepted whole, by CloudFormation's rules and by cdk-nag.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { deploymentFields } from '#infra/aws/app/deployment.ts';
import { root } from '#infra/bundle.ts';
import { configFields } from '#shared/config/schema.ts';
import { builtSpa, everyConfigField, everyDeploymentField } from './everything.ts';
import { type Resource, synthesise } from './synthesis.ts';

const spa = builtSpa();
afterAll(() => rmSync(spa, { recursive: true, force: true }));
const deployment = everyDeploymentField(spa);

const guide = readFileSync(join(root, 'docs/deploy.md'), 'utf8');

test('the guide says what each field of the deployment means', () => {
  const [, table = ''] = guide.match(/in `deployment`:\n\n([\s\S]*?)\n\n/) ?? [];
  const described = table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(described.toSorted()).toEqual(deploymentFields.toSorted());
});

test('the policy of the guide names every service that a deployment needs', {
  timeout: 300_000,
}, () => {
  const blocks = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) =>
    JSON.parse(text),
  );
  const policy = blocks.find(({ Statement }) => Statement?.length > 1) as {
    Statement: { Action: string | string[] }[];
  };
  const named = new Set(
    policy.Statement.flatMap(({ Action }) => Action).map((action) => action.split(':')[0]),
  );
  const { stacks } = synthesise({ bff: everyConfigField, deployment }).app.synth();
  const types = stacks.flatMap(({ template }) =>
    Object.values(template.Resources as Record<string, Resource>).map(({ Type }) => Type),
  );
  const services = new Set(
    types
      .filter((type) => type.startsWith('AWS::') && type !== 'AWS::CDK::Metadata')
      .map(
        (type) => type.split('::')[1]?.toLowerCase().replace('apigatewayv2', 'apigateway') ?? '',
      ),
  );
  expect(services.size).toBeGreaterThan(10);
  expect([...services].filter((service) => !named.has(service))).toEqual([]);
});

describe('a deployment that uses every field', { timeout: 300_000 }, () => {
  test('leaves none out', () => {
    // A secret in the clear is for this machine only, and refused in a deployment.
    expect([...Object.keys(everyConfigField), 'clientSecret'].toSorted()).toEqual(
      configFields.toSorted(),
    );
    expect(Object.keys(deployment).toSorted()).toEqual(deploymentFields.toSorted());
  });

  test.each(['retain', 'destroy'])('synthesises with removalPolicy %s', (removalPolicy) => {
    const { app } = synthesise({
      bff: everyConfigField,
      deployment: { ...deployment, removalPolicy },
    });
    expect(() => app.synth()).not.toThrow();
  });

  test('synthesises in us-east-1, where CloudFront’s parts are in the stack itself', () => {
    const { app } = synthesise({
      bff: everyConfigField,
      deployment: {
        ...deployment,
        region: 'us-east-1',
        alarmTopicArn: deployment.edgeAlarmTopicArn,
        encryptionKeyArn: deployment.encryptionKeyArn.replace('eu-west-1', 'us-east-1'),
      },
    });
    expect(() => app.synth()).not.toThrow();
  });
});
