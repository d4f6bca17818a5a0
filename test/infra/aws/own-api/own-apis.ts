// APIs behind a DpopAuthorizer of each kind, for what looks at whole templates.
import { type App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { DpopAuthorizer, type DpopAuthorizerProps } from '#infra/aws/index.ts';

const needed: Omit<DpopAuthorizerProps, 'nonces'> = {
  issuer: 'https://acme.okta.com/oauth2/aus1',
  audience: 'api://orders',
  scopes: ['orders.read'],
  replay: 'table',
  bearer: 'deny',
};

const everything = (stack: Stack): Omit<DpopAuthorizerProps, 'nonces'> => ({
  ...needed,
  name: `${stack.stackName}-all`,
  memoryMb: 1024,
  reservedConcurrency: 20,
  provisionedConcurrency: 1,
  logRetention: RetentionDays.ONE_MONTH,
  removalPolicy: RemovalPolicy.DESTROY,
  alarms: { topic: new Topic(stack, 'People'), thresholds: { thefts: 1 } },
  // With exactOptionalPropertyTypes, the CDK's class does not fit the CDK's interface.
  vpc: new Vpc(stack, 'Network', { maxAzs: 2 }) as unknown as IVpc,
  encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
});

/** A stack with a HTTP API and one with a REST API; each has an authorizer with little and one with everything. */
export function ownApis(app: App): App {
  const env = { region: 'eu-west-1' };
  const withHttp = new Stack(app, 'OwnHttp', { env });
  const http = new HttpApi(withHttp, 'Api');
  const integration = new HttpLambdaIntegration('Orders', orders(withHttp));
  const onHttp = { few: needed, all: everything(withHttp) };
  for (const [id, props] of Object.entries(onHttp)) {
    const authorizer = new DpopAuthorizer(withHttp, id, { ...props, nonces: 'integration' });
    http.addRoutes({ path: `/${id}`, methods: [HttpMethod.GET], integration, authorizer });
  }

  const withRest = new Stack(app, 'OwnRest', { env });
  const handler = new LambdaIntegration(orders(withRest));
  const onRest = { few: needed, all: everything(withRest) };
  for (const [id, props] of Object.entries(onRest)) {
    const rest = new RestApi(withRest, `Api-${id}`, { cloudWatchRole: false });
    const authorizer = new DpopAuthorizer(withRest, id, { ...props, nonces: 'gateway' });
    rest.root.addResource('orders').addMethod('GET', handler, { authorizer });
  }
  return app;
}

const orders = (stack: Stack) =>
  new Lambda(stack, 'Orders', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => ({ statusCode: 200 })'),
  });
