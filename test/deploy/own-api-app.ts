// An app with two APIs of its own, each behind a DpopAuthorizer: an HTTP API and a REST API. `node own-api-app.ts`.
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DpopAuthorizer, type DpopAuthorizerProps } from '#infra/aws/index.ts';

const app = new App();
const stack = new Stack(app, 'own-apis', { env: { region: 'us-east-1' } });
const orders = new Lambda(stack, 'Orders', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline(`exports.handler = async ({ requestContext }) => {
    const said = requestContext.authorizer.lambda ?? requestContext.authorizer;
    if (said.verdict === 'challenge') {
      const headers = { 'WWW-Authenticate': said.challenge, 'DPoP-Nonce': said.nonce };
      return { statusCode: 401, headers, body: '' };
    }
    return { statusCode: 200, body: JSON.stringify(said) };
  };`),
});

const guarded: Omit<DpopAuthorizerProps, 'nonces'> = {
  issuer: app.node.getContext('ownIssuer'),
  jwksUri: app.node.getContext('ownKeys'),
  audience: 'api://orders',
  publicUrl: 'https://api.acme.test',
  scopes: ['orders.read'],
  replay: 'table',
  bearer: 'deny',
  removalPolicy: RemovalPolicy.DESTROY,
  // The emulator has no alarms on metric math.
  alarms: false,
};

const http = new HttpApi(stack, 'Http');
http.addRoutes({
  path: '/orders',
  methods: [HttpMethod.GET],
  integration: new HttpLambdaIntegration('Orders', orders),
  authorizer: new DpopAuthorizer(stack, 'HttpAuth', { ...guarded, nonces: 'integration' }),
});

const rest = new RestApi(stack, 'Rest', { cloudWatchRole: false });
rest.root.addResource('orders').addMethod('GET', new LambdaIntegration(orders), {
  authorizer: new DpopAuthorizer(stack, 'RestAuth', { ...guarded, nonces: 'none' }),
});

new CfnOutput(stack, 'HttpApiId', { value: http.apiId });
new CfnOutput(stack, 'RestApiId', { value: rest.restApiId });
app.synth();
