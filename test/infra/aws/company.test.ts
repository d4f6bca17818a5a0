// What keeps one function from taking the others' room, and what a company may ask for beyond the defaults.
import { rmSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, describe, expect, test } from 'vitest';
import { TokenBroker } from '#infra/aws/index.ts';
import { builtSpa, everyConfigField, everyDeploymentField } from './everything.ts';
import {
  list,
  minimal,
  type Statement,
  synthesise,
  type templateOf,
  written,
} from './synthesis.ts';

const spa = builtSpa();
afterAll(() => rmSync(spa, { recursive: true, force: true }));
const plain = synthesise({ bff: { streaming: true } }).broker;
const whole = synthesise({ bff: everyConfigField, deployment: everyDeploymentField(spa) });
const { broker } = whole;

type Broker = ReturnType<typeof templateOf>;
const functionsOf = (of: Broker) =>
  Object.entries(of.of('AWS::Lambda::Function')).flatMap(([id, properties]) => {
    const [, name] = /^Broker(\w+?)Function/.exec(id) ?? [];
    return name ? [[name.toLowerCase(), properties] as const] : [];
  });
const limitsOf = (of: Broker) =>
  Object.fromEntries(
    functionsOf(of).map(([name, { ReservedConcurrentExecutions: most }]) => [name, most]),
  );

function statementsOf(of: Broker, name: string): Statement[] {
  const policies = Object.entries(of.of('AWS::IAM::Policy')).filter(([id]) =>
    id.startsWith(`Broker${name}Role`),
  );
  return policies.flatMap(
    ([, { PolicyDocument }]) => (PolicyDocument as { Statement: Statement[] }).Statement,
  );
}

describe('environments at once', () => {
  test('are limited where strangers or streams could take all of them', () => {
    expect(limitsOf(plain)).toMatchObject({ stream: 100, machine: 50, authorizer: 20 });
    expect(limitsOf(plain)).toMatchObject({ auth: undefined, proxy: undefined, keys: undefined });
  });

  test('are as many as the deployment says, for each function', () => {
    expect(limitsOf(broker)).toMatchObject({ proxy: 50, stream: 40, machine: 50 });
    expect(Object.fromEntries(functionsOf(broker)).auth).toMatchObject({ MemorySize: 768 });
  });

  test('are left to the account where its quota is too low to reserve any', () => {
    const { broker: small } = synthesise({
      reserveConcurrency: false,
      deployment: { functions: { machine: { reservedConcurrency: 2 } } },
    });
    expect(Object.entries(limitsOf(small)).filter(([, most]) => most !== undefined)).toEqual([
      ['machine', 2],
    ]);
  });
});

describe('in a network of the company', () => {
  test('every function has its subnets and groups, and may not use the right to attach to it', () => {
    for (const [name, { VpcConfig }] of functionsOf(broker)) {
      expect(VpcConfig, name).toEqual({
        SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        SecurityGroupIds: ['sg-0123456789abcdef0'],
      });
    }
    const network = statementsOf(broker, 'Proxy').filter(({ Action }) =>
      list(Action).includes('ec2:CreateNetworkInterface'),
    );
    expect(network.map(({ Effect, Condition }) => [Effect, Condition])).toEqual([
      ['Allow', undefined],
      ['Deny', { Null: { 'lambda:SourceFunctionArn': 'false' } }],
    ]);
    expect(network[1]?.Action).toEqual(network[0]?.Action);
    // What AWS's own policy AWSLambdaVPCAccessExecutionRole has for it. With less, Lambda cannot attach a function, or
    // leaves addresses of the subnet behind.
    expect(list(network[0]?.Action).toSorted()).toEqual([
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ]);
  });

  test('no other deployment may attach to networks', () => {
    for (const name of ['Auth', 'Proxy', 'Stream', 'Machine', 'Keys', 'Authorizer']) {
      const actions = statementsOf(plain, name).flatMap(({ Action }) => list(Action));
      expect(actions.length, name).toBeGreaterThan(0);
      expect(actions.filter((action) => action.startsWith('ec2:'))).toEqual([]);
    }
  });
});

describe('under a key of the company', () => {
  const key = /^arn:aws:kms:eu-west-1:111122223333:key\//;

  test('are the table, logs, secrets, the pages and what functions find in their environments', () => {
    const table = whole.state.only('AWS::DynamoDB::GlobalTable') as {
      SSESpecification: unknown;
      Replicas: [{ SSESpecification: { KMSMasterKeyId: string } }];
    };
    expect(table.SSESpecification).toMatchObject({ SSEType: 'KMS' });
    expect(table.Replicas[0].SSESpecification.KMSMasterKeyId).toMatch(key);
    const logs = Object.entries(broker.of('AWS::Logs::LogGroup'));
    expect(logs.filter(([id, { KmsKeyId }]) => id.startsWith('Broker') && !KmsKeyId)).toEqual([]);
    for (const { KmsKeyId } of Object.values(broker.of('AWS::SecretsManager::Secret'))) {
      expect(KmsKeyId).toMatch(key);
    }
    for (const [, { KmsKeyArn }] of functionsOf(broker)) expect(KmsKeyArn).toMatch(key);
    expect(JSON.stringify(broker.only('AWS::S3::Bucket'))).toContain('"SSEAlgorithm":"aws:kms"');
  });

  test('a function uses it through the services that hold its data, and not itself', () => {
    for (const name of ['Auth', 'Proxy', 'Stream', 'Machine', 'Keys', 'Authorizer']) {
      const used = statementsOf(broker, name).filter(({ Resource }) =>
        list(Resource)
          .map(written)
          .some((arn) => key.test(arn) && !arn.endsWith('*')),
      );
      const services = used.map(
        ({ Condition }) => written(Condition?.StringEquals?.['kms:ViaService']).split('.')[0],
      );
      const held = name === 'Authorizer' ? 'secretsmanager' : 'dynamodb';
      expect(services.toSorted(), name).toEqual([held, 'lambda'].toSorted());
    }
  });

  test('no deployment without one may use any', () => {
    const actions = statementsOf(plain, 'Proxy').flatMap(({ Action }) => list(Action));
    expect(actions.filter((action) => /^kms:(Decrypt|Encrypt|Generate)/.test(action))).toEqual([]);
  });
});

test('nothing is traced where the company says so', () => {
  for (const [, { TracingConfig }] of functionsOf(broker)) expect(TracingConfig).toBeUndefined();
  const actions = statementsOf(broker, 'Proxy').flatMap(({ Action }) => list(Action));
  expect(actions.filter((action) => action.startsWith('xray:'))).toEqual([]);
});

test('the streaming API traces no URL', () => {
  expect(plain.only('AWS::ApiGateway::Stage')).not.toMatchObject({ TracingEnabled: true });
});

test('tags are on the stacks’ resources, and the operator may give them to the keys it makes', () => {
  const tagged = Object.entries(whole.state.of('AWS::KMS::Key'));
  for (const [, { Tags }] of tagged) {
    expect(Tags).toContainEqual({ Key: 'team', Value: 'identity' });
  }
  const { Environment } = Object.fromEntries(functionsOf(broker)).keys as {
    Environment: { Variables: Record<string, string> };
  };
  expect(JSON.parse(Environment.Variables.BFF_KEY_TAGS ?? '')).toEqual({ team: 'identity' });
  const tagKeysOf = (of: Broker) => {
    const [tagging] = statementsOf(of, 'Keys').filter(({ Action }) =>
      list(Action).includes('kms:TagResource'),
    );
    return tagging?.Condition?.['ForAllValues:StringEquals']?.['aws:TagKeys'];
  };
  expect(tagKeysOf(broker)).toEqual(['bff-broker', 'bff-use', 'bff-rotation', 'team']);
  expect(tagKeysOf(plain)).toEqual(['bff-broker', 'bff-use', 'bff-rotation']);
});

describe('with a canary', () => {
  const groups = Object.values(broker.of('AWS::CodeDeploy::DeploymentGroup')) as unknown as {
    AlarmConfiguration: { Alarms: { Name: unknown }[]; Enabled: boolean };
    AutoRollbackConfiguration: { Events: string[] };
    DeploymentConfigName: string;
  }[];

  test('new versions of what browsers call get a tenth of the calls, and go when alarms go off', () => {
    expect(groups).toHaveLength(4);
    for (const group of groups) {
      expect(group.DeploymentConfigName).toBe('CodeDeployDefault.LambdaCanary10Percent15Minutes');
      expect(group.AutoRollbackConfiguration.Events).toContain('DEPLOYMENT_STOP_ON_ALARM');
      expect(group.AlarmConfiguration.Enabled).toBe(true);
      const names = group.AlarmConfiguration.Alarms.map(({ Name }) => written(Name)).join();
      for (const alarm of ['servererrors', 'functionerrors', 'loginfailures', 'signingfailures']) {
        expect(names.toLowerCase()).toContain(alarm);
      }
    }
  });

  test('the alarm that it goes by waits for nothing that waits for the new versions', () => {
    const alarm = broker.named('BrokerOperationsAlarmsservererrors', 'AWS::CloudWatch::Alarm');
    const references = JSON.stringify(alarm).match(/"Ref":"(\w+)"/g);
    expect([...new Set(references)]).toEqual([
      expect.stringMatching(/^"Ref":"BrokerFrontApi[0-9A-F]{8}"$/),
    ]);
  });

  test('the APIs call the aliases that it shifts', () => {
    const aliases = Object.entries(broker.resources).filter(
      ([, { Type }]) => Type === 'AWS::Lambda::Alias',
    );
    expect(aliases).toHaveLength(4);
    for (const [, alias] of aliases) {
      expect(alias).toHaveProperty('UpdatePolicy.CodeDeployLambdaAliasUpdate');
    }
    const called = [
      ...Object.values(broker.of('AWS::ApiGatewayV2::Integration')).map(
        ({ IntegrationUri }) => IntegrationUri,
      ),
      ...Object.values(broker.of('AWS::ApiGateway::Method')).map(
        ({ Integration }) => (Integration as { Uri: unknown }).Uri,
      ),
    ].map(written);
    for (const [id] of aliases) expect(called.filter((uri) => uri.includes(id))).toHaveLength(1);
  });

  test('exists only if it is asked for', () => {
    expect(plain.of('AWS::CodeDeploy::DeploymentGroup')).toEqual({});
    expect(plain.of('AWS::Lambda::Alias')).toEqual({});
  });
});

test('a construct that is given impossible values names each in one line', () => {
  const refused = (props: object) => () =>
    new TokenBroker(
      new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Any', {
        env: { region: 'eu-west-1' },
      }),
      'Broker',
      {
        config: minimal,
        ...props,
      },
    );
  expect(refused({ originSecret: 0 })).toThrow('originSecret: must be 1 or the next whole number');
  expect(refused({ originSecret: 1.5 })).toThrow('originSecret: must be 1 or');
  expect(refused({ canary: true, alarms: false })).toThrow('canary: needs alarms');
  expect(refused({ keyTags: { 'bff-use': 'x' } })).toThrow("tags: bff-use is the broker's own");
  expect(refused({ spa: 'nowhere' })).toThrow('spa: there is no folder with an index.html at');
  const dpop = { replicaRegions: ['eu-west-1'] };
  expect(refused({ config: { ...minimal, dpop } })).toThrow('the keys are already in eu-west-1');
  const routes = Array.from({ length: 74 }, (_, at) => ({
    path: `/bff/api/s${at}/*`,
    upstream: 'https://api.acme.com/s',
  }));
  expect(refused({ config: { ...minimal, streaming: true, routes } })).toThrow(
    'routes: 74 are streamed or lie within one that is, and CloudFront has room for 73',
  );
});
