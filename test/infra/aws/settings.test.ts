import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { addBroker } from '#infra/aws/broker-app.ts';
import { readSettings } from '#infra/aws/settings.ts';
import { ConfigError } from '#shared/config.ts';
import { flags, minimal, newApp, synthesise } from './synthesis.ts';

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

  test('holds the configuration as an object, which -c goes before', () => {
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
      'certificateArn: CloudFront takes certificates of us-east-1 only',
    ],
    ['half a hosted zone', { hostedZoneId: 'Z1' }, 'hostedZoneId, hostedZoneName: only together'],
    ['a configuration that is no object', { bff: [] }, 'bff: must be an object'],
  ])('refuses %s', (_, context, fault) => {
    expect(faultsOf(() => read({ ...minimal, ...context })).join('\n')).toContain(fault);
  });

  test('refuses a configuration that does not fit in the environment of a function', () => {
    const routes = Array.from({ length: 60 }, (_, index) => ({
      path: `/bff/api/service-${index}/*`,
      upstream: `https://service-${index}.acme.com/api`,
    }));
    expect(faultsOf(() => synthesise({ bff: { ...minimal, routes } })).join()).toMatch(
      /^routes: the configuration has \d+ bytes/,
    );
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
