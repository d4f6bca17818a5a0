// The example of docs/deploy.md, "From your own CDK app": compiled and synthesised by a test.
import { type App, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { BrokerState, TokenBroker } from '#infra/aws/index.ts';

export function ownApp(app: App): Stack {
  const env = { region: 'eu-west-1' };
  const keep = new Stack(app, 'KeepForever', { env, terminationProtection: true });
  const state = new BrokerState(keep, 'Sessions', { name: 'shop' });

  const stack = new Stack(app, 'Shop', { env });
  new TokenBroker(stack, 'Broker', {
    state,
    config: {
      issuer: 'https://acme.okta.com',
      clientId: '0oa1',
      publicOrigin: 'https://shop.acme.com',
    },
    alarms: {
      topic: new Topic(stack, 'People', { enforceSSL: true }),
      thresholds: { keyAgeDays: 180 },
    },
    functions: { proxy: { memoryMb: 1024, provisionedConcurrency: 5 } },
    firewall: { rateLimit: 10_000 },
  });
  return stack;
}
