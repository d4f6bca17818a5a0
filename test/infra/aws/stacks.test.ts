import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { addBroker } from '#infra/aws/app/broker-app.ts';
import { readSettings } from '#infra/aws/app/settings.ts';
import { type FirewallRule, matchesFirewall } from './firewall.ts';
import { minimal, newApp, synthesise, templateOf, written } from './synthesis.ts';

const { broker, state, app } = synthesise();

describe('what must survive', () => {
  const table = state.only('AWS::DynamoDB::GlobalTable');

  test('is in a stack that is protected from being deleted', () => {
    expect(app.node.findChild('okta-dpop-bff-state')).toHaveProperty('terminationProtection', true);
    expect(app.node.findChild('okta-dpop-bff')).toHaveProperty('terminationProtection', false);
  });

  test('stays when the stack goes', () => {
    const kept = Object.values(state.resources).filter(({ Type }) =>
      ['AWS::KMS::Key', 'AWS::DynamoDB::GlobalTable'].includes(Type),
    );
    expect(kept.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual([
      'Retain',
      'Retain',
      'Retain',
    ]);
  });

  test('the table is on demand, encrypted, recoverable and protected, and cleans up', () => {
    expect(table).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      Replicas: [
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    });
  });

  test('its indexes hold keys only', () => {
    const indexes = table.GlobalSecondaryIndexes as {
      IndexName: string;
      KeySchema: { AttributeName: string }[];
      Projection: { ProjectionType: string };
    }[];
    expect(
      indexes.map(({ IndexName, KeySchema, Projection }) => [
        IndexName,
        ...KeySchema.map(({ AttributeName }) => AttributeName),
        Projection.ProjectionType,
      ]),
    ).toEqual([
      ['bySubject', 'subject', 'KEYS_ONLY'],
      ['bySid', 'sid', 'KEYS_ONLY'],
      ['byEmail', 'email', 'KEYS_ONLY'],
      ['byKey', 'keyId', 'expiresAt', 'KEYS_ONLY'],
    ]);
  });

  test('DPoP proofs and client assertions have a key each, multi-Region, for signing only', () => {
    const keys = Object.values(state.of('AWS::KMS::Key'));
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).toMatchObject({
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        MultiRegion: true,
      });
    }
    expect(keys.map(({ Tags }) => Tags)).toEqual(
      ['dpop', 'assertion'].map((use) => [
        { Key: 'bff-broker', Value: 'okta-dpop-bff' },
        { Key: 'bff-use', Value: use },
      ]),
    );
  });

  test('RSA is chosen for the DPoP key alone, and is another resource: KMS cannot change a key', () => {
    const rsa = synthesise({ bff: { dpop: { keySpec: 'RSA_2048' } } }).state.of('AWS::KMS::Key');
    const ec = state.of('AWS::KMS::Key');
    expect(Object.values(rsa).map(({ KeySpec }) => KeySpec)).toEqual(['RSA_2048', 'ECC_NIST_P256']);
    expect(Object.keys(rsa)[0]).not.toBe(Object.keys(ec)[0]);
    expect(Object.keys(rsa)[1]).toBe(Object.keys(ec)[1]);
  });
});

describe('the functions', () => {
  const functions = broker.of('AWS::Lambda::Function');

  test('run on Node 24 and arm64, traced, each with its own kept log', () => {
    expect(Object.keys(functions)).toHaveLength(5);
    for (const fn of Object.values(functions)) {
      expect(fn).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        Handler: 'index.handler',
      });
    }
    const logs = Object.values(functions).map(({ LoggingConfig }) =>
      written((LoggingConfig as { LogGroup: unknown }).LogGroup),
    );
    expect(new Set(logs).size).toBe(5);
    for (const log of Object.values(broker.of('AWS::Logs::LogGroup')))
      expect(log.RetentionInDays).toBe(90);
  });

  test('find table, keys and configuration in their environment', () => {
    const { Variables } = broker.named('BrokerProxy', 'AWS::Lambda::Function').Properties
      .Environment as { Variables: Record<string, unknown> };
    expect(Object.keys(Variables).toSorted()).toEqual([
      'BFF_ASSERTION_KEY',
      'BFF_CONFIG',
      'BFF_DPOP_KEY',
      'BFF_TABLE',
      'POWERTOOLS_SERVICE_NAME',
    ]);
    expect(JSON.parse(Variables.BFF_CONFIG as string)).toMatchObject({
      issuer: 'https://acme.okta.com',
    });
    expect(Variables.BFF_DPOP_KEY).not.toEqual(Variables.BFF_ASSERTION_KEY);
  });

  test('sizes and concurrency are settings; warm environments stand behind an alias that the API calls', () => {
    const { broker: sized } = synthesise({
      memoryMb: 1024,
      provisionedConcurrency: 3,
      reservedConcurrency: 50,
    });
    expect(sized.named('BrokerProxy', 'AWS::Lambda::Function').Properties).toMatchObject({
      MemorySize: 1024,
      ReservedConcurrentExecutions: 50,
    });
    const [alias] = Object.entries(sized.of('AWS::Lambda::Alias'));
    expect(alias?.[1]).toMatchObject({
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 3 },
    });
    const targets = Object.values(sized.of('AWS::ApiGatewayV2::Integration')).map(
      ({ IntegrationUri }) => written(IntegrationUri),
    );
    expect(targets.filter((target) => target.includes(alias?.[0] ?? '-'))).toHaveLength(1);
  });
});

test('nothing of a local run is deployed, such as the endpoint that signs browser tests in', () => {
  for (const template of [broker, state]) expect(JSON.stringify(template)).not.toContain('__local');
});

describe('the API', () => {
  test('asks the authorizer on every route', () => {
    const routes = Object.values(broker.of('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ RouteKey }) => RouteKey).toSorted()).toEqual([
      'ANY /bff/api/{proxy+}',
      'ANY /bff/callback',
      'ANY /bff/device/refresh',
      'ANY /bff/device/register',
      'ANY /bff/login',
      'ANY /bff/logout',
      'ANY /bff/session',
      'ANY /bff/{proxy+}',
    ]);
    for (const route of routes) {
      expect(route).toMatchObject({ AuthorizationType: 'CUSTOM', AuthorizerId: expect.anything() });
    }
    expect(broker.only('AWS::ApiGatewayV2::Authorizer')).toMatchObject({
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.x-bff-origin'],
    });
  });

  test('answers no preflight and sends no CORS header', () => {
    expect(broker.only('AWS::ApiGatewayV2::Api')).not.toHaveProperty('CorsConfiguration');
  });

  test('is throttled route by route', () => {
    const { RouteSettings } = broker.only('AWS::ApiGatewayV2::Stage') as {
      RouteSettings: Record<string, { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }>;
    };
    expect(Object.keys(RouteSettings)).toHaveLength(8);
    for (const settings of Object.values(RouteSettings)) {
      expect(settings.ThrottlingRateLimit).toBeGreaterThan(0);
      expect(settings.ThrottlingBurstLimit).toBeGreaterThanOrEqual(settings.ThrottlingRateLimit);
    }
  });

  test('begins far fewer sign-ins a second than it answers sessions, as a construct may change', () => {
    const { RouteSettings } = broker.only('AWS::ApiGatewayV2::Stage') as {
      RouteSettings: Record<string, object>;
    };
    expect(RouteSettings['ANY /bff/login']).toMatchObject({
      ThrottlingRateLimit: 25,
      ThrottlingBurstLimit: 50,
    });
    for (const other of ['callback', 'session', 'logout']) {
      expect(RouteSettings[`ANY /bff/${other}`]).toMatchObject({ ThrottlingRateLimit: 200 });
    }
  });

  test('serves what was deployed, and the log names what API Gateway knows', () => {
    const { AutoDeploy, AccessLogSettings } = broker.only('AWS::ApiGatewayV2::Stage') as {
      AutoDeploy: boolean;
      AccessLogSettings: { Format: string };
    };
    expect(AutoDeploy).toBe(true);
    const fields = Object.values(JSON.parse(AccessLogSettings.Format) as Record<string, string>);
    // "Customize HTTP API access logs" in the API Gateway Developer Guide; those that name nobody.
    const known = [
      'authorizer.error',
      'authorizer.latency',
      'error.message',
      'error.responseType',
      'httpMethod',
      'integration.error',
      'integration.integrationStatus',
      'integration.latency',
      'integration.requestId',
      'integration.status',
      'integrationLatency',
      'requestId',
      'requestTime',
      'requestTimeEpoch',
      'responseLatency',
      'responseLength',
      'routeKey',
      'stage',
      'status',
    ].map((name) => `$context.${name}`);
    expect(fields.filter((field) => !known.includes(field))).toEqual([]);
  });

  test('logs every call without path, query, address or header', () => {
    const { AccessLogSettings } = broker.only('AWS::ApiGatewayV2::Stage') as {
      AccessLogSettings: { Format: string };
    };
    const fields = Object.values(JSON.parse(AccessLogSettings.Format) as Record<string, string>);
    expect(fields).toContain('$context.status');
    expect(
      fields.filter((field) => /path|query|sourceIp|userAgent|header|domain/i.test(field)),
    ).toEqual([]);
  });
});

describe('CloudFront', () => {
  const { DistributionConfig: config } = broker.only('AWS::CloudFront::Distribution') as {
    DistributionConfig: {
      Origins: Record<string, unknown>[];
      CacheBehaviors: Record<string, unknown>[];
      DefaultCacheBehavior: Record<string, unknown>;
      CustomErrorResponses: Record<string, unknown>[];
      WebACLId: unknown;
    };
  };
  const [spa, api] = config.Origins;

  test('passes /bff/* on with every method and everything but the host, and keeps nothing', () => {
    expect(config.CacheBehaviors).toHaveLength(1);
    expect(config.CacheBehaviors[0]).toMatchObject({
      PathPattern: '/bff/*',
      TargetOriginId: api?.Id,
      ViewerProtocolPolicy: 'https-only',
      // CachingDisabled and AllViewerExceptHostHeader.
      CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      AllowedMethods: expect.arrayContaining(['DELETE', 'PATCH', 'POST', 'PUT']),
    });
  });

  test('lets the headers of device-bound sessions through in both directions', () => {
    const headers = broker.named('BrokerEdgeBroker', 'AWS::CloudFront::ResponseHeadersPolicy');
    expect(JSON.stringify(headers)).toContain('SecurityHeadersConfig');
    expect(JSON.stringify(headers)).not.toMatch(/RemoveHeadersConfig|CustomHeadersConfig/);
    const integrations = Object.values(broker.of('AWS::ApiGatewayV2::Integration'));
    expect(integrations.length).toBeGreaterThan(2);
    for (const integration of integrations) {
      expect(integration).not.toHaveProperty('RequestParameters');
      expect(integration).not.toHaveProperty('ResponseParameters');
    }
  });

  test('answers nobody over plain http: pages are redirected, and the broker does not answer', () => {
    expect(config.DefaultCacheBehavior).toMatchObject({
      ViewerProtocolPolicy: 'redirect-to-https',
      TargetOriginId: spa?.Id,
    });
    const { ViewerProtocolPolicy } = config.CacheBehaviors[0] ?? {};
    expect(ViewerProtocolPolicy).toBe('https-only');
  });

  test('proves itself to the API with a secret that is in no template', () => {
    const headers = api?.OriginCustomHeaders as { HeaderName: string; HeaderValue: unknown }[];
    expect(headers.map(({ HeaderName }) => HeaderName)).toEqual(['x-bff-origin']);
    expect(written(headers[0]?.HeaderValue)).toMatch(
      /^\{\{resolve:secretsmanager:<BrokerOriginSecret.*\}\}$/,
    );
    expect(api?.CustomOriginConfig).toMatchObject({
      OriginProtocolPolicy: 'https-only',
      OriginSSLProtocols: ['TLSv1.2'],
    });
  });

  test('never keeps an error and never replaces one', () => {
    expect(config.CustomErrorResponses.map(({ ErrorCode }) => ErrorCode)).toEqual([
      400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504,
    ]);
    for (const response of config.CustomErrorResponses) {
      expect(Object.keys(response).toSorted()).toEqual(['ErrorCachingMinTTL', 'ErrorCode']);
      expect(response.ErrorCachingMinTTL).toBe(0);
    }
  });

  test('leaves no files behind that would keep the bucket from being destroyed', () => {
    expect(broker.of('Custom::S3AutoDeleteObjects')).toEqual({});
    const gone = synthesise({ removalPolicy: 'destroy' }).broker;
    const bucket = Object.keys(gone.of('AWS::S3::Bucket'));
    expect(
      Object.values(gone.of('Custom::S3AutoDeleteObjects')).map(({ BucketName }) => BucketName),
    ).toEqual(bucket.map((Ref) => ({ Ref })));
  });

  test('alone reads the bucket of the pages, which is closed to the public', () => {
    expect(spa).toHaveProperty('OriginAccessControlId');
    expect(broker.only('AWS::S3::Bucket')).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const { PolicyDocument } = broker.only('AWS::S3::BucketPolicy') as {
      PolicyDocument: { Statement: { Effect: string; Principal: unknown; Condition: unknown }[] };
    };
    const allowed = PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(0);
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: 'cloudfront.amazonaws.com' });
      expect(JSON.stringify(Condition)).toContain('AWS:SourceArn');
    }
  });

  test('sets the security headers of the pages', () => {
    const { ResponseHeadersPolicyConfig: headers } = broker.named(
      'BrokerEdgePage',
      'AWS::CloudFront::ResponseHeadersPolicy',
    ).Properties as {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: Record<string, Record<string, unknown>>;
        CustomHeadersConfig: { Items: { Header: string }[] };
      };
    };
    const { SecurityHeadersConfig: security } = headers;
    expect(security.ContentSecurityPolicy?.ContentSecurityPolicy).toMatch(
      /default-src 'self'.*form-action 'self' https:\/\/acme\.okta\.com.*frame-ancestors 'none'/,
    );
    expect(security.FrameOptions).toMatchObject({ FrameOption: 'DENY' });
    expect(security.ReferrerPolicy).toMatchObject({ ReferrerPolicy: 'no-referrer' });
    // Over plain http, anybody on the way could set cookies of a subdomain for the whole domain.
    expect(security.StrictTransportSecurity).toMatchObject({
      AccessControlMaxAgeSec: 31_536_000,
      IncludeSubdomains: true,
    });
    expect(security.ContentTypeOptions).toBeDefined();
    // CloudFront refuses those that have settings of their own.
    expect(headers.CustomHeadersConfig.Items.map(({ Header }) => Header)).toEqual([
      'cross-origin-opener-policy',
      'permissions-policy',
    ]);
  });

  test('lets the authorization server frame /bff/frontchannel-logout', () => {
    const headers = broker.named('BrokerEdgeBroker', 'AWS::CloudFront::ResponseHeadersPolicy');
    expect(JSON.stringify(headers)).not.toMatch(/FrameOptions|frame-ancestors/);
  });

  test('logs what it answers, and never query strings, cookies, referrers or paths', () => {
    const { RecordFields: fields } = broker.only('AWS::Logs::Delivery') as {
      RecordFields: string[];
    };
    expect(fields).toContain('sc-status');
    expect(fields.filter((field) => /query|cookie|referer|uri/i.test(field))).toEqual([]);
    expect(config).not.toHaveProperty('Logging');
  });

  test('stands behind the firewall, which counts per address and answers as the broker does', () => {
    const acl = broker.only('AWS::WAFv2::WebACL') as {
      Scope: string;
      Rules: {
        Name: string;
        Statement: { RateBasedStatement?: { Limit: number }; ManagedRuleGroupStatement?: unknown };
      }[];
      CustomResponseBodies: { slowDown: { Content: string } };
    };
    expect(acl.Scope).toBe('CLOUDFRONT');
    expect(config.WebACLId).toBeDefined();
    expect(
      acl.Rules.filter(({ Statement }) => Statement.RateBasedStatement).map(
        ({ Name, Statement }) => [Name, Statement.RateBasedStatement?.Limit],
      ),
    ).toEqual([
      ['signIns', 300],
      ['requests', 5000],
    ]);
    expect(acl.Rules.filter(({ Statement }) => Statement.ManagedRuleGroupStatement)).toHaveLength(
      3,
    );
    expect(JSON.parse(acl.CustomResponseBodies.slowDown.Content)).toMatchObject({
      status: 429,
      code: 'too_many_requests',
    });
    expect(JSON.stringify(acl)).not.toContain('"SampledRequestsEnabled":true');
  });

  test('turns large bodies away from every endpoint that is no API call', () => {
    const acl = broker.only('AWS::WAFv2::WebACL') as { Rules: FirewallRule[] };
    const rule = acl.Rules.find(({ Name }) => Name === 'largeBodies');
    expect(rule?.Action?.Block?.CustomResponse?.ResponseCode).toBe(413);
    const first = Math.min(...acl.Rules.map(({ Priority }) => Priority));
    expect(rule?.Priority).toBe(first);
    const turnedAway = (path: string, bytes: number) =>
      matchesFirewall(rule?.Statement ?? {}, { path, bytes });
    for (const path of [
      '/bff/backchannel-logout',
      '/bff/frontchannel-logout',
      '/bff/global-token-revocation',
      '/BFF/%62ackchannel-logout',
      '/bff/logout',
      '/bff/login',
      '/bff/nothing',
    ]) {
      expect([path, turnedAway(path, 16_384)]).toEqual([path, false]);
      expect([path, turnedAway(path, 16_385)]).toEqual([path, true]);
    }
    for (const path of ['/bff/api/v1/users', '/bff/api/files/a', '/', '/assets/main.js']) {
      expect([path, turnedAway(path, 4_400_000)]).toEqual([path, false]);
    }
  });

  test('what the firewall answers says the same in its body as in its status', () => {
    const acl = broker.only('AWS::WAFv2::WebACL') as {
      Rules: FirewallRule[];
      CustomResponseBodies: Record<string, { Content: string }>;
    };
    const answers = acl.Rules.flatMap(({ Action }) => Action?.Block?.CustomResponse ?? []);
    expect(answers.length).toBeGreaterThan(2);
    for (const { ResponseCode, CustomResponseBodyKey } of answers) {
      const { Content } = acl.CustomResponseBodies[CustomResponseBodyKey] ?? {};
      expect(JSON.parse(Content ?? '{}')).toMatchObject({ status: ResponseCode });
    }
  });

  test('takes a domain with its certificate and its records', () => {
    const { broker: own } = synthesise({
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
      hostedZoneId: 'Z1',
      hostedZoneName: 'acme.com',
    });
    const { DistributionConfig: owned } = own.only('AWS::CloudFront::Distribution') as {
      DistributionConfig: Record<string, unknown>;
    };
    expect(owned.Aliases).toEqual(['app.acme.com']);
    expect(owned.ViewerCertificate).toMatchObject({ MinimumProtocolVersion: 'TLSv1.2_2021' });
    expect(
      Object.values(own.of('AWS::Route53::RecordSet')).map(({ Name, Type }) => [Name, Type]),
    ).toEqual([
      ['app.acme.com.', 'A'],
      ['app.acme.com.', 'AAAA'],
    ]);
  });

  test('learns a new secret only when the authorizer accepts it beside the old one', () => {
    const { broker: next } = synthesise({ originSecret: 2 });
    expect(
      Object.keys(next.of('AWS::SecretsManager::Secret')).map((id) => id.slice(0, 25)),
    ).toEqual(['BrokerOriginSecretSecret2', 'BrokerOriginSecretSecret1']);
    const authorizer = next.named('BrokerAuthorizer', 'AWS::Lambda::Function');
    const { Variables } = authorizer.Properties.Environment as {
      Variables: { BFF_ORIGIN_SECRETS: unknown };
    };
    expect(written(Variables.BFF_ORIGIN_SECRETS)).toMatch(/Secret2.*,.*Secret1/);
    const distribution = next.named('Broker', 'AWS::CloudFront::Distribution');
    expect(JSON.stringify(distribution.Properties)).toContain('Secret2');
    expect(distribution.DependsOn?.join()).toContain('BrokerAuthorizerFunction');
  });
});

describe('outside us-east-1', () => {
  const { app: elsewhere } = synthesise({ region: 'eu-west-1' });
  const stack = (id: string) => elsewhere.node.findChild(id) as Stack;

  test('the firewall and the deliveries of logs have stacks of their own there', () => {
    const edge = templateOf(Template.fromStack(stack('okta-dpop-bff-edge')));
    const logs = templateOf(Template.fromStack(stack('okta-dpop-bff-logs')));
    expect(stack('okta-dpop-bff-edge').region).toBe('us-east-1');
    expect(stack('okta-dpop-bff-logs').region).toBe('us-east-1');
    expect(edge.only('AWS::WAFv2::WebACL')).toBeDefined();
    expect(logs.only('AWS::Logs::Delivery')).toBeDefined();
  });

  test('the functions, the table and the keys stay in the Region', () => {
    expect(stack('okta-dpop-bff').region).toBe('eu-west-1');
    expect(stack('okta-dpop-bff-state').region).toBe('eu-west-1');
  });
});

test('scopes without email are a warning of the synthesis, and the default ones are not', () => {
  const warnings = (context: Record<string, unknown> = {}) => {
    const app = newApp({ ...minimal, ...context });
    const { broker: stack } = addBroker(app, readSettings(app.node));
    return Annotations.fromStack(stack)
      .findWarning('*', Match.stringLikeRegexp('without email'))
      .map(({ entry }) => String(entry.data));
  };
  expect(warnings()).toEqual([]);
  expect(warnings({ bff: { scopes: ['openid', 'offline_access'] } })).toHaveLength(1);
});

test('firewall and access logs can be left out', () => {
  const { broker: bare } = synthesise({ firewall: false, accessLogs: false });
  expect(bare.of('AWS::WAFv2::WebACL')).toEqual({});
  expect(bare.of('AWS::Logs::Delivery')).toEqual({});
});
