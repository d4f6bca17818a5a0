import { type App, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpLambdaIntegration,
  HttpUrlIntegration,
} from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { DpopAuthorizer, type DpopAuthorizerProps } from '#infra/aws/index.ts';
import { gatewayAnswers } from '#infra/aws/own-api/gateway-responses.ts';
import { authorizerStatements } from '#infra/aws/own-api/permissions.ts';
import { newApp, type Statement, templateOf, written } from '../synthesis.ts';

const decided: DpopAuthorizerProps = {
  issuer: 'https://acme.okta.com/oauth2/aus1',
  audience: 'api://orders',
  scopes: { 'GET /orders': ['orders.read'], '*': ['orders.write'] },
  nonces: 'none',
  replay: 'table',
  bearer: 'deny',
};

function stackWith(app: App, make: (stack: Stack, api: Lambda) => void) {
  const stack = new Stack(app, 'Shop', { env: { region: 'eu-west-1' } });
  const api = new Lambda(stack, 'Orders', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => ({ statusCode: 200 })'),
  });
  make(stack, api);
  return templateOf(Template.fromStack(stack));
}

const onHttpApi = (props: Partial<DpopAuthorizerProps> = {}) =>
  stackWith(newApp(), (stack, orders) => {
    const authorizer = new DpopAuthorizer(stack, 'Auth', { ...decided, ...props });
    const api = new HttpApi(stack, 'Api');
    for (const path of ['/orders', '/orders/{id}']) {
      api.addRoutes({
        path,
        methods: [HttpMethod.GET],
        integration: new HttpLambdaIntegration('Orders', orders),
        authorizer,
      });
    }
  });

const onRestApi = (props: Partial<DpopAuthorizerProps> = {}) =>
  stackWith(newApp(), (stack, orders) => {
    const authorizer = new DpopAuthorizer(stack, 'Auth', {
      ...decided,
      nonces: 'gateway',
      ...props,
    });
    const api = new RestApi(stack, 'Api', { cloudWatchRole: false });
    const resource = api.root.addResource('orders');
    resource.addMethod('GET', new LambdaIntegration(orders), { authorizer });
    resource.addMethod('POST', new LambdaIntegration(orders), { authorizer });
  });

const http = onHttpApi();
const rest = onRestApi();

const only = (found: Record<string, Record<string, unknown>>) => {
  const all = Object.values(found);
  expect(all).toHaveLength(1);
  return all[0] ?? {};
};

describe('on an HTTP API', () => {
  test('one authorizer guards every route, and no result is remembered', () => {
    const { of } = http;
    expect(only(of('AWS::ApiGatewayV2::Authorizer'))).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: ['$request.header.Authorization'],
    });
    const routes = Object.values(of('AWS::ApiGatewayV2::Route'));
    expect(routes).toHaveLength(2);
    for (const route of routes) expect(route).toMatchObject({ AuthorizationType: 'CUSTOM' });
  });

  test('answers: iam asks for policies, with the same events', () => {
    expect(only(onHttpApi({ answers: 'iam' }).of('AWS::ApiGatewayV2::Authorizer'))).toMatchObject({
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: false,
    });
  });

  test('only this API may invoke the function', () => {
    const { of } = http;
    const permissions = Object.values(of('AWS::Lambda::Permission')).filter(({ SourceArn }) =>
      JSON.stringify(SourceArn).includes('/authorizers/'),
    );
    expect(permissions).toHaveLength(1);
    expect(permissions[0]).toMatchObject({ Principal: 'apigateway.amazonaws.com' });
  });

  test('a nonce that nobody could tell the client is refused at synth', () => {
    expect(() => onHttpApi({ nonces: 'gateway' })).toThrow(
      'an HTTP API cannot tell its clients the nonce',
    );
  });
});

describe('on a REST API', () => {
  test('one authorizer guards every method, and no result is remembered', () => {
    const { of } = rest;
    expect(only(of('AWS::ApiGateway::Authorizer'))).toMatchObject({
      Type: 'REQUEST',
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: 'method.request.header.Authorization',
    });
    const methods = Object.values(of('AWS::ApiGateway::Method'));
    expect(methods).toHaveLength(2);
    for (const method of methods) expect(method).toMatchObject({ AuthorizationType: 'CUSTOM' });
  });

  test('its refusals carry the challenge and the nonce under their own names', () => {
    const { of } = rest;
    const responses = Object.values(of('AWS::ApiGateway::GatewayResponse'));
    expect(responses).toHaveLength(gatewayAnswers.length);
    expect(responses.find(({ ResponseType }) => ResponseType === 'ACCESS_DENIED')).toMatchObject({
      StatusCode: '401',
      ResponseParameters: {
        'gatewayresponse.header.WWW-Authenticate': 'context.authorizer.challenge',
        'gatewayresponse.header.DPoP-Nonce': 'context.authorizer.nonce',
        'gatewayresponse.header.Cache-Control': "'no-store'",
      },
    });
    expect(
      Object.keys(onRestApi({ gatewayResponses: false }).of('AWS::ApiGateway::GatewayResponse')),
    ).toEqual([]);
  });
});

test('an authorizer guards one API: a second one is refused at synth', () => {
  expect(() =>
    stackWith(newApp(), (stack, orders) => {
      const authorizer = new DpopAuthorizer(stack, 'Auth', decided);
      for (const id of ['One', 'Two']) {
        new HttpApi(stack, id).addRoutes({
          path: '/orders',
          integration: new HttpLambdaIntegration('Orders', orders),
          authorizer,
        });
      }
    }),
  ).toThrow('guards one API');
});

describe('what it keeps', () => {
  test('used proofs, encrypted, until they are too old by themselves', () => {
    const { of } = http;
    expect(only(of('AWS::DynamoDB::GlobalTable'))).toMatchObject({
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      SSESpecification: { SSEEnabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
    expect(Object.keys(onHttpApi({ replay: 'none' }).of('AWS::DynamoDB::GlobalTable'))).toEqual([]);
  });

  test('an HMAC key for nonces, where there are some', () => {
    expect(only(rest.of('AWS::KMS::Key'))).toMatchObject({
      KeySpec: 'HMAC_256',
      KeyUsage: 'GENERATE_VERIFY_MAC',
    });
    expect(Object.keys(http.of('AWS::KMS::Key'))).toEqual([]);
  });
});

/** What the function's role may do, without what Lambda itself needs. */
function rightsIn({ of }: ReturnType<typeof onRestApi>): Statement[] {
  const policies = Object.entries(of('AWS::IAM::Policy')).filter(([id]) =>
    id.startsWith('AuthGuard'),
  );
  return policies
    .flatMap(([, { PolicyDocument }]) => (PolicyDocument as { Statement: Statement[] }).Statement)
    .filter(({ Action }) => !/"(logs|xray):/.test(JSON.stringify(Action)));
}

test('its role may write used proofs and derive nonces, and nothing else', () => {
  const deployed = rightsIn(rest).map(({ Resource, ...rest }) => ({
    ...rest,
    Resource: written(Resource).replace(/AuthGuard(Replays|NonceKey)\w+/, '$1'),
  }));
  expect(deployed).toEqual(
    authorizerStatements({ replayTableArn: '<Replays.Arn>', nonceKeyArn: '<NonceKey.Arn>' }),
  );
  expect(rightsIn(onHttpApi({ replay: 'none' }))).toEqual([]);
});

test('alarms on thefts, Bearer, outages and wrong proofs notify the topic', () => {
  const { of } = stackWith(newApp(), (stack) => {
    const topic = new Topic(stack, 'People', { enforceSSL: true });
    const authorizer = new DpopAuthorizer(stack, 'Auth', {
      ...decided,
      name: 'orders',
      alarms: { topic, thresholds: { thefts: 1 } },
    });
    expect(authorizer.widgets).toHaveLength(3);
    new HttpApi(stack, 'Api', { defaultAuthorizer: authorizer });
  });
  const alarms = Object.values(of('AWS::CloudWatch::Alarm'));
  expect(alarms.map(({ AlarmName }) => AlarmName).toSorted()).toEqual([
    'orders-bearer',
    'orders-refusals',
    'orders-thefts',
    'orders-unavailable',
  ]);
  for (const alarm of alarms) expect(alarm.AlarmActions).toHaveLength(1);
  expect(JSON.stringify(alarms)).toContain('api.replayed');
  expect(Object.keys(onHttpApi({ alarms: false }).of('AWS::CloudWatch::Alarm'))).toEqual([]);
});

test('every prop finds its place, and cdk-nag has nothing to say about the authorizer', () => {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, 'Shop', { env: { region: 'eu-west-1' } });
  {
    const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
    const authorizer = new DpopAuthorizer(stack, 'Auth', {
      ...decided,
      audience: ['api://orders', 'https://api.acme.com'],
      nonces: 'integration',
      bearer: 'allow',
      answers: 'iam',
      publicUrl: 'https://api.acme.com',
      jwksUri: 'https://acme.okta.com/oauth2/aus1/v1/keys',
      name: 'orders',
      memoryMb: 1024,
      reservedConcurrency: 50,
      provisionedConcurrency: 2,
      tracing: false,
      encryptionKey,
      vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-0123456789abcdef0',
        availabilityZones: ['a'],
        privateSubnetIds: ['subnet-0123456789abcdef0'],
      }),
    });
    const api = new HttpApi(stack, 'Api', { createDefaultStage: false });
    api.addRoutes({
      path: '/orders',
      integration: new HttpUrlIntegration('Orders', 'https://orders.acme.com'),
      authorizer,
    });
  }
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Lambda::Function', {
    MemorySize: 1024,
    ReservedConcurrentExecutions: 50,
    VpcConfig: Match.anyValue(),
    KmsKeyArn: Match.anyValue(),
    Environment: {
      Variables: Match.objectLike({
        BFF_API: JSON.stringify({
          issuer: decided.issuer,
          audience: ['api://orders', 'https://api.acme.com'],
          scopes: decided.scopes,
          nonces: 'integration',
          replay: 'table',
          bearer: 'allow',
          publicUrl: 'https://api.acme.com',
          jwksUri: 'https://acme.okta.com/oauth2/aus1/v1/keys',
          answers: 'iam',
        }),
        POWERTOOLS_SERVICE_NAME: 'orders',
      }),
    },
  });
  template.hasResourceProperties('AWS::Lambda::Alias', {
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
  });
});

test('a mistake is named at synth, with every other one', () => {
  expect(() =>
    onHttpApi({ issuer: 'http://acme.okta.com', nonces: 'some' as never, bearer: 'no' as never }),
  ).toThrow(/issuer: must be https[\s\S]*nonces[\s\S]*bearer/);
});
