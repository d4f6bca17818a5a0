import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { addBroker } from '#infra/aws/app/broker-app.ts';
import { readSettings } from '#infra/aws/app/settings.ts';
import { ConfigError } from '#shared/config/faults.ts';
import { flags, minimal, newApp, synthesise } from '#test/infra/aws/synthesis.ts';

const read = (context: Record<string, unknown>) =>
  readSettings(new App({ context: { ...flags, ...context } }).node);

function faultsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

const owned = {
  certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
  hostedZoneId: 'Z1',
};

describe('the context', () => {
  test('needs three fields and fills in the rest', () => {
    const { config, deployment } = read(minimal);
    expect(config).toEqual(minimal);
    expect(deployment).toMatchObject({
      name: 'okta-dpop-bff',
      firewall: true,
      accessLogs: true,
      removalPolicy: 'retain',
      originSecret: 1,
      logDays: 90,
    });
  });

  test('holds the configuration as an object, over which -c takes precedence', () => {
    const { config } = read({
      bff: { ...minimal, session: { idleMinutes: 10 }, clientId: 'from-the-object' },
      clientId: 'from-the-command',
      scopes: 'openid profile offline_access',
    });
    expect(config).toMatchObject({
      clientId: 'from-the-command',
      session: { idleMinutes: 10 },
      scopes: ['openid', 'profile', 'offline_access'],
    });
  });

  test('takes what -c gives as text for what it means', () => {
    const { config, deployment } = read({
      ...minimal,
      thirdPartyLogin: 'true',
      firewall: 'false',
      logDays: '30',
      bff: '{"session":{"absoluteHours":8}}',
    });
    expect(config).toMatchObject({ thirdPartyLogin: true, session: { absoluteHours: 8 } });
    expect(deployment).toMatchObject({ firewall: false, logDays: 30 });
  });

  test('takes every field of the configuration, and refuses a secret, from -c as well', () => {
    const { config } = read({ ...minimal, dpop: '{"keySpec":"RSA_2048"}', par: 'never' });
    expect(config).toMatchObject({ dpop: { keySpec: 'RSA_2048' }, par: 'never' });
    const secret = { clientAuth: 'client_secret_post', clientSecret: 'abc' };
    expect(faultsOf(() => read({ ...minimal, ...secret })).join()).toMatch(
      /clientSecret: never in a deployed configuration/,
    );
  });

  test('has all its faults named in one error', () => {
    expect(
      faultsOf(() =>
        read({
          bff: { ...minimal, issuer: 'http://acme.okta.com', colour: 'blue' },
          publicOrigin: 'https://app.acme.com/path',
          deployment: { name: 'Not A Name', shape: 'round' },
          logDays: 31,
          certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1',
        }),
      ).map((fault) => fault.split(':')[0]),
    ).toEqual(
      expect.arrayContaining([
        'issuer',
        'colour',
        'publicOrigin',
        'deployment.name',
        'deployment.shape',
        'deployment.logDays',
      ]),
    );
  });

  test.each([
    [
      'a secret in the clear',
      { clientAuth: 'client_secret_basic', bff: { clientSecret: 's' } },
      'clientSecret: never in a deployed',
    ],
    [
      'a certificate of another Region',
      { certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1' },
      'certificateArn: CloudFront accepts only certificates from us-east-1',
    ],
    ['half a hosted zone', { hostedZoneId: 'Z1' }, 'hostedZoneId, hostedZoneName: only together'],
    ['a configuration that is no object', { bff: [] }, 'bff: must be an object'],
  ])('refuses %s', (_, context, fault) => {
    expect(faultsOf(() => read({ ...minimal, ...context })).join('\n')).toContain(fault);
  });

  test.each([
    [
      'a misspelt name of -c',
      { certifcateArn: 'x' },
      'certifcateArn: unknown field; did you mean certificateArn?',
    ],
    [
      'a name of -c in another case',
      { memorymb: '3' },
      'memorymb: unknown field; did you mean memoryMb?',
    ],
    [
      'a zone that the host is not in',
      { ...owned, hostedZoneName: 'other.org' },
      'hostedZoneName: app.acme.com is not in other.org',
    ],
    [
      'a zone whose name the host only ends with',
      { ...owned, hostedZoneName: 'cme.com' },
      'hostedZoneName: app.acme.com is not in cme.com',
    ],
    [
      'more warm environments than there may be',
      { provisionedConcurrency: '5', reservedConcurrency: '3' },
      'deployment.provisionedConcurrency: 5 is more than the 3 that are reserved',
    ],
    [
      'more warm environments than are reserved by default',
      { deployment: { functions: { authorizer: { provisionedConcurrency: 21 } } } },
      'deployment.functions.authorizer.provisionedConcurrency: 21 is more than the 20 that are reserved',
    ],
    [
      'a replica at home',
      { region: 'eu-west-1', dpop: '{"replicaRegions":["eu-west-1"]}' },
      'dpop.replicaRegions: the keys are already in eu-west-1',
    ],
    [
      'a replica twice',
      { dpop: '{"replicaRegions":["eu-west-1","eu-west-1"]}' },
      'dpop.replicaRegions: eu-west-1 is listed twice',
    ],
    [
      'a Region that can be none',
      { dpop: '{"replicaRegions":["mars-1"]}' },
      'dpop.replicaRegions[0]: must be a Region, for example eu-west-1',
    ],
    ['too little memory', { memoryMb: '64' }, 'deployment.memoryMb: must be at least 128'],
    ['memory in words', { memoryMb: 'much' }, 'deployment.memoryMb: must be a number'],
    ['a switch that is none', { firewall: 'on' }, 'deployment.firewall: must be true or false'],
    [
      'an app that is not built',
      { spa: 'dist/nothere' },
      'spa: there is no folder with an index.html at dist/nothere; build the app first',
    ],
    [
      'a topic of another Region',
      { alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:people' },
      'alarmTopicArn: alarms in us-east-1 can notify only topics in us-east-1',
    ],
    [
      'a topic of another Region for CloudFront',
      { edgeAlarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:people' },
      'edgeAlarmTopicArn: the alarms on CloudFront are in us-east-1 and can notify only topics there',
    ],
    [
      'a canary that nothing watches',
      { canary: 'true', alarms: 'false' },
      'canary: needs alarms, which say that a new version is broken',
    ],
    [
      'a Region without CloudFront',
      { region: 'us-gov-west-1' },
      'deployment.region: CloudFront, in front of every broker, is not in us-gov-west-1',
    ],
    [
      'a function that there is not',
      { deployment: { functions: { proxi: { memoryMb: 512 } } } },
      'deployment.functions.proxi: unknown field',
    ],
    [
      'a secret that is numbered from 0',
      { originSecret: '0' },
      'deployment.originSecret: must be at least 1',
    ],
    ['a tag of ours', { tags: '{"bff-use":"x"}' }, "tags: bff-use is the broker's own"],
    [
      'a key of another Region',
      { encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1' },
      'encryptionKeyArn: only keys in us-east-1 can encrypt what is in us-east-1',
    ],
  ])('says in one line what is wrong with %s', (_, context, fault) => {
    expect(faultsOf(() => read({ ...minimal, ...context }))).toEqual([fault]);
  });

  test('leaves names that belong to others alone', () => {
    expect(
      read({ ...minimal, costCentre: '42', 'availability-zones:account=1': [] }),
    ).toBeDefined();
  });
});

describe('synthesis', () => {
  test('has every feature flag that this CDK recommends', async () => {
    const { default: recommended } = await import('aws-cdk-lib/recommended-feature-flags.json', {
      with: { type: 'json' },
    });
    expect(flags).toEqual(recommended);
  });

  test('ends at a property that CloudFormation would refuse', () => {
    const app = newApp();
    const stack = new Stack(app, 'Wrong', { env: { region: 'us-east-1' } });
    new CfnFunction(stack, 'Function', {
      code: { zipFile: '-' },
      role: 'arn:aws:iam::111122223333:role/r',
      memorySize: 64,
      runtime: 'nodejs24.x',
      handler: 'index.handler',
    });
    expect(() => app.synth()).toThrow('MemorySize: 64 is less than the minimum');
  });

  test('ends at what cdk-nag finds and nobody acknowledged', () => {
    const app = newApp(minimal);
    const { broker } = addBroker(app, readSettings(app.node));
    new CfnBucket(broker, 'Open');
    expect(() => app.synth()).toThrow('AwsSolutions-S10');
  });

  test('gives every acknowledgement a reason', () => {
    const { app } = synthesise();
    const reasons = app.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.values(data as Record<string, string>));
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z].{30,}\.$/);
  });
});
