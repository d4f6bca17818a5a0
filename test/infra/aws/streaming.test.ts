// What `streaming: true` adds to the stacks, and what it leaves as it is.
import { describe, expect, test } from 'vitest';
import { streamingBehaviors } from '#infra/behaviors.ts';
import { aConfig } from '#test/support/routes.ts';
import { list, minimal, type Statement, synthesise, written } from './synthesis.ts';

const upstream = 'https://api.acme.com/things';
const bff = {
  ...minimal,
  streaming: true,
  routes: [
    { path: '/bff/api/v1/*', upstream: 'https://acme.okta.com/api/v1', stream: false },
    { path: '/bff/api/events/*', upstream, stream: true },
    { path: '/bff/api/events/past/*', upstream, stream: false },
    { path: '/bff/api/export', upstream, stream: true },
  ],
};
const { broker } = synthesise({ bff });
const { broker: buffered } = synthesise();

/** What a role may do, its own logs aside. */
function rightsOf(name: string) {
  const policies = Object.entries(broker.of('AWS::IAM::Policy')).filter(([id]) =>
    id.startsWith(`Broker${name}Role`),
  );
  expect(policies).toHaveLength(1);
  return policies.flatMap(([, { PolicyDocument }]) =>
    (PolicyDocument as { Statement: Statement[] }).Statement.map((statement) => ({
      ...statement,
      Resource: list(statement.Resource).map((one) =>
        written(one).replace(/<Broker.*Logs.*>/, 'its logs'),
      ),
    })),
  );
}

describe('without streaming', () => {
  test('there is no REST API and no function for it', () => {
    expect(buffered.of('AWS::ApiGateway::RestApi')).toEqual({});
    expect(
      Object.keys(buffered.of('AWS::Lambda::Function')).filter((id) => /Stream/.test(id)),
    ).toEqual([]);
  });
});

describe('the streaming API', () => {
  test('invokes its function with response streaming, for up to 15 minutes', () => {
    const methods = Object.values(broker.of('AWS::ApiGateway::Method'));
    expect(methods).toHaveLength(1);
    const { HttpMethod, AuthorizationType, Integration } = methods[0] as {
      HttpMethod: string;
      AuthorizationType: string;
      Integration: Record<string, unknown>;
    };
    expect([HttpMethod, AuthorizationType]).toEqual(['ANY', 'CUSTOM']);
    expect(Integration).toMatchObject({
      Type: 'AWS_PROXY',
      ResponseTransferMode: 'STREAM',
      TimeoutInMillis: 900_000,
    });
    expect(written(Integration.Uri)).toMatch(
      /:lambda:path\/2021-11-15\/functions\/<BrokerStream.*>\/response-streaming-invocations$/,
    );
    expect(broker.named('BrokerStream', 'AWS::Lambda::Function').Properties).toMatchObject({
      Timeout: 900,
      Runtime: 'nodejs24.x',
    });
  });

  test('is one more API that only CloudFront may call', () => {
    expect(broker.only('AWS::ApiGateway::Authorizer')).toMatchObject({
      Type: 'REQUEST',
      IdentitySource: 'method.request.header.x-bff-origin',
    });
    expect(broker.only('AWS::ApiGateway::RestApi')).toMatchObject({
      BinaryMediaTypes: ['*/*'],
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
  });

  test('may do what the proxy may, and nothing else', () => {
    expect(rightsOf('Stream')).toEqual(rightsOf('Proxy'));
  });

  test('is throttled by itself', () => {
    const { MethodSettings } = broker.only('AWS::ApiGateway::Stage') as {
      MethodSettings: { ThrottlingRateLimit: number }[];
    };
    expect(MethodSettings[0]?.ThrottlingRateLimit).toBeGreaterThan(0);
  });
});

describe('CloudFront', () => {
  const { DistributionConfig: config } = broker.only('AWS::CloudFront::Distribution') as {
    DistributionConfig: {
      Origins: { Id: string; OriginPath?: unknown; CustomOriginConfig?: Record<string, unknown> }[];
      CacheBehaviors: Record<string, unknown>[];
    };
  };
  const streams = config.Origins.find(({ OriginPath }) => OriginPath);

  test('sends the streamed paths there, but not the buffered ones within them', () => {
    const way = config.CacheBehaviors.map(({ PathPattern, TargetOriginId }) => [
      PathPattern,
      TargetOriginId === streams?.Id,
    ]);
    expect(way).toEqual([
      ['/bff/api/events/past/*', false],
      ['/bff/api/events/*', true],
      ['/bff/api/export', true],
      ['/bff/*', false],
    ]);
  });

  test('keeps nothing, compresses nothing, and waits for a silence of a minute', () => {
    for (const behavior of config.CacheBehaviors) {
      expect(behavior).toMatchObject({
        Compress: false,
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      });
    }
    expect(streams?.CustomOriginConfig).toMatchObject({ OriginReadTimeout: 60 });
  });
});

test('a buffered route gets a behaviour of its own only within a streamed one', () => {
  const { routes } = aConfig({ streaming: true, routes: bff.routes });
  expect(streamingBehaviors(routes)).toEqual([
    { pattern: '/bff/api/events/past/*', streams: false },
    { pattern: '/bff/api/events/*', streams: true },
    { pattern: '/bff/api/export', streams: true },
  ]);
});
