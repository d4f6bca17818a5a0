// The CDK app of somebody who has the package and nothing else of ours.
import type { Site } from './site.ts';

export const shopApp = (name: string, issuer: string, scopes: string, { origin, client }: Site) => `
  import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
  import { BrokerState, TokenBroker } from 'okta-dpop-bff/cdk';

  const app = new App();
  const env = { region: 'eu-west-1' };
  const name = '${name}';
  const removalPolicy = RemovalPolicy.DESTROY;
  const keep = new Stack(app, name + '-state', { env });
  const state = new BrokerState(keep, 'State', { name, removalPolicy });
  const stack = new Stack(app, name, { env });
  const { edge } = new TokenBroker(stack, 'Broker', {
    state,
    removalPolicy,
    config: {
      issuer: '${issuer}',
      clientId: '${client.clientId}',
      publicOrigin: '${origin}',
      scopes: '${scopes}'.split(' '),
      routes: [{ path: '/bff/api/v1/*', upstream: '${issuer}/api/v1' }],
    },
    alarms: false,
    accessLogs: false,
  });
  new CfnOutput(stack, 'Domain', { value: edge.distribution.distributionDomainName });`;
