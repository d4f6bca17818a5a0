// What the documents offer is accepted whole, by CloudFormation's rules and by cdk-nag.
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { deploymentFields } from '#infra/aws/deployment.ts';
import { configFields } from '#shared/config.ts';
import { builtSpa, everyConfigField, everyDeploymentField } from './everything.ts';
import { synthesise } from './synthesis.ts';

const spa = builtSpa();
afterAll(() => rmSync(spa, { recursive: true, force: true }));
const deployment = everyDeploymentField(spa);

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
