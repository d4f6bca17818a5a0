// Two brokers side by side: in two Regions of an account, and in one stack.
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { BrokerState, TokenBroker } from '#infra/aws/index.ts';
import {
  minimal,
  type Resource,
  synthesise,
  templateOf,
  written,
} from '#test/infra/aws/synthesis.ts';

/** Resources whose names an account has once, whatever the Region. */
const global = [
  'AWS::CloudFront::Function',
  'AWS::CloudFront::OriginAccessControl',
  'AWS::CloudFront::ResponseHeadersPolicy',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::Role',
];

/** `type name` of whatever would collide with a broker of the same name in another Region. */
function namesOf(region: string): string[] {
  const { stacks } = synthesise({ region }).app.synth();
  return stacks.flatMap((stack) => {
    const there = stack.environment.region;
    const here = (text: string) => text.replaceAll('<AWS::Region>', there);
    const resources = Object.values(stack.template.Resources as Record<string, Resource>);
    const named = resources
      .filter(({ Type }) => global.includes(Type) || there === 'us-east-1')
      .flatMap(({ Type, Properties = {} }) =>
        namesIn(Properties).map((name) => `${Type} ${here(name)}`),
      );
    return [`${there} stack ${stack.stackName}`, ...named];
  });
}

/** `Name`, `AlarmName` and their kind, at the top or in the one object that CloudFront's resources have. */
function namesIn(properties: Record<string, unknown>): string[] {
  const inner = Object.entries(properties).filter(([key]) => /Config$/.test(key));
  return [properties, ...inner.map(([, value]) => value as object)]
    .flatMap((level) => Object.entries(level))
    .filter(([key]) => /^(Role|Policy|Dashboard|Alarm|)Name$/.test(key))
    .map(([, value]) => written(value));
}

describe('in two Regions of one account', { timeout: 300_000 }, () => {
  test('no name of the one is a name of the other', () => {
    const home = namesOf('us-east-1');
    const away = namesOf('eu-west-1');
    expect(away.filter((name) => name.startsWith('AWS::Logs::Delivery'))).not.toEqual([]);
    for (const type of global) {
      expect(
        home.filter((name) => name.startsWith(type)),
        type,
      ).not.toEqual([]);
    }
    const further = namesOf('ap-south-1');
    expect(home.filter((name) => away.includes(name))).toEqual([]);
    expect(away.filter((name) => further.includes(name))).toEqual([]);
  });
});

test.each(['us-east-1', 'eu-west-1'])('one stack in %s may hold several brokers', (region) => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Shops', { env: { region } });
  for (const name of ['one', 'two']) {
    new TokenBroker(stack, name, { name, config: minimal });
  }
  const shops = templateOf(Template.fromStack(stack));
  expect(Object.keys(shops.of('AWS::CloudFront::Distribution'))).toHaveLength(2);
  const edge = app.node.tryFindChild('Shops-edge') as Stack | undefined;
  const firewalls = edge ? templateOf(Template.fromStack(edge)) : shops;
  expect(Object.keys(firewalls.of('AWS::WAFv2::WebACL'))).toHaveLength(2);
});

test('an app without our flags may replace the first key, or the table, without a deadlock', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const env = { region: 'eu-west-1' };
  const state = new BrokerState(new Stack(app, 'Keep', { env }), 'State', { name: 'shop' });
  const stack = new Stack(app, 'Shop', { env });
  new TokenBroker(stack, 'Broker', { state, config: minimal });
  const keep = Template.fromStack(Stack.of(state)).toJSON();
  const exported = Object.values((keep.Outputs ?? {}) as Record<string, { Export?: object }>);
  expect(exported.filter(({ Export }) => Export)).toEqual([]);
  expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('Fn::ImportValue');
});
