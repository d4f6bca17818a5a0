import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, statusOf } from '#core/errors.ts';
import type { EventKind } from '#core/event-fields.ts';
import { type EventName, events, metricsNamespace } from '#core/events.ts';
import { root } from '#infra/bundle.ts';
import { measuresOf } from '#shared/event-line.ts';
import { parseRequest } from '#shared/operator-request.ts';
import { type Statement, synthesise, templateOf, written } from './synthesis.ts';

const alarmTopicArn = 'arn:aws:sns:us-east-1:111122223333:people';
const { broker } = synthesise({ alarmTopicArn, bff: { streaming: true } });

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions: string[];
  OKActions: string[];
  TreatMissingData: string;
}
const alarms = Object.values(
  broker.of('AWS::CloudWatch::Alarm') as unknown as Record<string, AlarmProperties>,
);
const nameOf = ({ AlarmName }: AlarmProperties) => AlarmName.replace('okta-dpop-bff-', '');
const dashboard = written(
  (broker.only('AWS::CloudWatch::Dashboard') as { DashboardBody: unknown }).DashboardBody,
);

describe('alarms', () => {
  const runbooks = readFileSync(join(root, 'docs/runbooks.md'), 'utf8');
  const sections = [...runbooks.matchAll(/^## (.+)$/gm)].map(([, title]) => title);

  test('have a section each in the runbooks, and no section is without an alarm', () => {
    expect(alarms.map(nameOf).toSorted()).toEqual(sections.toSorted());
    for (const alarm of alarms) {
      expect(alarm.AlarmDescription).toContain(`docs/runbooks.md#${nameOf(alarm)}`);
    }
  });

  test('say what they mean, where to look and what to do', () => {
    for (const section of runbooks.split(/^## /m).slice(1)) {
      for (const part of ['**Means**', '**Look**', '**Do**']) expect(section).toContain(part);
    }
  });

  test('cover sign-in, renewal, signing, the store, the API, the keys and attacks', () => {
    expect(alarms.map(nameOf)).toEqual(
      expect.arrayContaining([
        'login-failures',
        'refresh-failures',
        'signing-failures',
        'signing-quota',
        'server-errors',
        'slow-calls',
        'store-throttles',
        'key-age',
        'untrusted-answers',
        'csrf-refusals',
        'device-refusals',
        'sign-in-flood',
      ]),
    );
  });

  test('tell people when they go off and when they are over', () => {
    for (const { AlarmActions, OKActions } of alarms) {
      expect(AlarmActions).toEqual(['arn:aws:sns:us-east-1:111122223333:people']);
      expect(OKActions).toEqual(AlarmActions);
    }
  });

  test('tell of sign-ins that begin faster than people can sign in', () => {
    const alarm = alarms.find((one) => nameOf(one) === 'sign-in-flood');
    expect(alarm).toMatchObject({ Threshold: 3000, DatapointsToAlarm: 2, EvaluationPeriods: 3 });
    expect(JSON.stringify(alarm)).toContain('"MetricName":"login.started"');
  });

  test('tell of devices that are not proven, and stay quiet about people who are locked out on purpose', () => {
    const alarm = alarms.find((one) => nameOf(one) === 'device-refusals');
    expect(namesOn(alarm)).toEqual(['device.proof_refused', 'device.not_proven']);
    expect(namesOn(JSON.parse(dashboard))).toContain('device.locked_out');
  });

  test('stay quiet on a quiet day, save the one for silence', () => {
    expect(
      alarms.filter(({ TreatMissingData }) => TreatMissingData === 'breaching').map(nameOf),
    ).toEqual(['key-report-missing']);
  });

  test.each([
    ['login-failures', 25, [2, 3]],
    ['untrusted-answers', 1, [1, 1]],
    ['refresh-failures', 5, [2, 3]],
    ['csrf-refusals', 100, [1, 1]],
    ['device-refusals', 100, [2, 3]],
    ['signing-failures', 3, [1, 1]],
    ['signing-quota', 70, [3, 5]],
    ['slow-signing', 500, [3, 3]],
    ['store-failures', 3, [1, 1]],
    ['store-throttles', 1, [2, 3]],
    ['server-errors', 1, [2, 3]],
    ['origin-refusals', 50, [2, 3]],
    ['edge-errors', 5, [2, 3]],
    ['blocked-requests', 10, [2, 3]],
    ['slow-calls', 5000, [3, 3]],
    ['function-errors', 1, [2, 3]],
    ['stream-errors', 50, [2, 3]],
    ['function-throttles', 1, [2, 3]],
    ['key-age', 365, [1, 1]],
    ['assertion-key-age', 365, [1, 1]],
    ['key-unusable', 1, [1, 1]],
    ['key-rotation', 1, [2, 3]],
    ['key-report-missing', 1, [3, 3]],
    ['foreign-signatures', 1, [1, 1]],
    ['unaccounted-signatures', 1, [2, 3]],
  ])('%s goes off at %d, in %j periods', (name, at, periods) => {
    const alarm = alarms.find((one) => nameOf(one) === name) as unknown as Record<string, unknown>;
    expect([alarm.Threshold, [alarm.DatapointsToAlarm, alarm.EvaluationPeriods]]).toEqual([
      at,
      periods,
    ]);
    expect(alarm.ComparisonOperator).toBe('GreaterThanOrEqualToThreshold');
  });

  test.each([
    // What is counted, in what it is counted, and how many there must be.
    ['login-failures', ['login.rejected'], ['login.rejected', 'login.completed'], 5],
    ['server-errors', ['5xx', '5XXError'], ['Count', 'Count'], 5],
    ['origin-refusals', ['okta-dpop-bff'], ['Count'], 20],
    ['stream-errors', ['Errors'], ['Invocations'], 5],
    ['blocked-requests', ['BlockedRequests'], ['BlockedRequests', 'AllowedRequests'], 100],
  ])('%s is the share of %j in %j, from %d on', (name, part, whole, least) => {
    const { share, counted } = shareOn(alarms.find((alarm) => nameOf(alarm) === name));
    expect(counted).toEqual([...part, ...whole]);
    const values = (each: number[], all: number[]) => [...each, ...all];
    const each = part.map(() => least / part.length);
    const all = whole.map(() => (2 * least) / whole.length);
    expect(share(values(each, all))).toBe(50);
    expect(
      share(
        values(
          each.map((one) => one * 0.9),
          all,
        ),
      ),
    ).toBe(0);
  });

  test('cost what the guide says: the metrics of each alarm are what AWS charges for', () => {
    const count = (of: typeof broker) => {
      const all = Object.values(of.of('AWS::CloudWatch::Alarm')) as {
        Metrics?: { MetricStat?: object }[];
      }[];
      const metrics = all.map(
        ({ Metrics = [{ MetricStat: {} }] }) => Metrics.filter((one) => one.MetricStat).length,
      );
      return `${all.length} on ${metrics.reduce((sum, one) => sum + one, 0)}`;
    };
    expect(readFileSync(join(root, 'docs/costs.md'), 'utf8')).toContain(
      `| alarms: ${count(synthesise().broker)} metrics (${count(broker)} with \`streaming\`)`,
    );
  });

  test('a stream that is cut is not a crash of a function', () => {
    const errors = alarms.find((alarm) => nameOf(alarm) === 'function-errors');
    const functions = JSON.stringify(errors).match(/Broker\w+Function/g) ?? [];
    expect(functions.map((id) => id.replace(/^Broker(\w+)Function$/, '$1')).toSorted()).toEqual([
      'Auth',
      'Authorizer',
      'Keys',
      'Machine',
      'Proxy',
    ]);
  });

  test('refusals are answers that no function gave, and only those', () => {
    expect(broker.only('AWS::Logs::MetricFilter')).toMatchObject({
      FilterPattern:
        '{ (($.status = "401") || ($.status = "403")) && ($.integrationStatus = "-") }',
      MetricTransformations: [
        {
          MetricNamespace: 'OktaDpopBff/OriginRefusals',
          MetricName: 'okta-dpop-bff',
          MetricValue: '1',
        },
      ],
    });
  });

  // https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html: a web ACL is known by its metric name, and
  // those of CloudFront have no Region.
  test('the firewall of each broker has metrics of its own, and its alarm reads them', () => {
    const dimensions = (of: object) =>
      JSON.stringify(of).match(/"Dimensions":\[[^\]]*"WebACL"[^\]]*\]/g) ?? [];
    for (const [name, region, expected] of [
      ['okta-dpop-bff', 'us-east-1', 'okta-dpop-bff'],
      ['shop', 'us-east-1', 'shop'],
      ['shop', 'eu-west-1', 'shop-eu-west-1'],
    ]) {
      const { app } = synthesise({ name, region });
      const stacks = app.node.children.filter((child) => child instanceof Stack);
      const templates = stacks.map((stack) => templateOf(Template.fromStack(stack)));
      const acls = templates.flatMap((one) => Object.values(one.of('AWS::WAFv2::WebACL')));
      expect(acls).toHaveLength(1);
      expect(acls[0]).toMatchObject({ VisibilityConfig: { MetricName: expected } });
      const read = templates.flatMap((one) => dimensions(one.of('AWS::CloudWatch::Alarm')));
      expect(new Set(read)).toEqual(
        new Set([
          `"Dimensions":[{"Name":"Rule","Value":"ALL"},{"Name":"WebACL","Value":"${expected}"}]`,
        ]),
      );
    }
  });

  test('no alarm reads the metrics of a firewall that is off', () => {
    const { broker: bare } = synthesise({ firewall: 'false' });
    expect(JSON.stringify(bare.of('AWS::CloudWatch::Alarm'))).not.toContain('AWS/WAFV2');
  });

  test('outside us-east-1 the alarms on CloudFront and its firewall are where their metrics are, and notify a topic there', () => {
    const edgeAlarmTopicArn = alarmTopicArn;
    const { app, broker: away } = synthesise({ region: 'eu-west-1', edgeAlarmTopicArn });
    const names = Object.values(away.of('AWS::CloudWatch::Alarm')).map(
      ({ AlarmName }) => AlarmName,
    );
    expect(names).not.toContain('okta-dpop-bff-edge-errors');
    expect(names).not.toContain('okta-dpop-bff-blocked-requests');
    const there = templateOf(
      Template.fromStack(app.node.findChild('okta-dpop-bff-logs') as Stack),
    ).of('AWS::CloudWatch::Alarm');
    expect(Object.values(there)).toMatchObject([
      {
        AlarmName: 'okta-dpop-bff-eu-west-1-edge-errors',
        Namespace: 'AWS/CloudFront',
        MetricName: '5xxErrorRate',
        AlarmActions: [edgeAlarmTopicArn],
      },
      {
        AlarmName: 'okta-dpop-bff-eu-west-1-blocked-requests',
        AlarmActions: [edgeAlarmTopicArn],
      },
    ]);
  });

  test('that tell nobody are named at synthesis', () => {
    const told = (context: object) =>
      synthesise(context as Record<string, unknown>)
        .app.node.findAll()
        .flatMap(({ node }) => node.metadata)
        .filter(({ data }) => /Alarms notify nobody/.test(String(data)));
    expect(told({})).toHaveLength(1);
    expect(told({ alarmTopicArn })).toEqual([]);
    expect(told({ alarms: 'false' })).toEqual([]);
  });

  test('watch the quota of the family that signs', () => {
    const quota = (of: typeof broker) =>
      JSON.stringify(of.of('AWS::CloudWatch::Alarm')).match(/CryptographicOperations\w+/)?.[0];
    expect(quota(broker)).toBe('CryptographicOperationsEcc');
    const rsa = synthesise({ bff: { dpop: { keySpec: 'RSA_2048' } } }).broker;
    expect(quota(rsa)).toBe('CryptographicOperationsRsa');
  });
});

describe('metrics', () => {
  const read = new Set([...namesOn(alarms), ...namesOn(JSON.parse(dashboard))]);

  test('have the namespace that the functions write to', () => {
    expect(JSON.stringify(alarms)).toContain(metricsNamespace);
  });

  test('that dashboard and alarms read are written by an event of the catalogue', () => {
    expect(read.size).toBeGreaterThan(20);
    const failures = [...read].filter((name) => name.startsWith('failed.'));
    const codes = failures.map((name) => name.slice('failed.'.length));
    for (const code of codes) expect(statusOf(code as ErrorCode), code).toBeGreaterThan(399);
    const written = Object.entries<EventKind>(events).flatMap(([name, { fields }]) =>
      [200, 300, 400, 500].flatMap((status) =>
        codes.flatMap((code) => {
          const each = Object.fromEntries(Object.keys(fields).map((field) => [field, 1]));
          const measures = measuresOf(name as EventName, { ...each, code, status });
          return measures.map(([metric]) => metric);
        }),
      ),
    );
    expect([...read].filter((name) => !written.includes(name))).toEqual([]);
  });

  test('tell the brokers of an account apart', () => {
    for (const [id, { Environment }] of Object.entries(broker.of('AWS::Lambda::Function'))) {
      const { Variables } = Environment as { Variables: Record<string, unknown> };
      expect({ id, service: Variables.POWERTOOLS_SERVICE_NAME }).toEqual({
        id,
        service: 'okta-dpop-bff',
      });
    }
    expect(JSON.stringify(alarms)).toContain('{"Name":"service","Value":"okta-dpop-bff"}');
  });
});

describe('the dashboard', () => {
  test('counts every session that ends, whoever ends it', () => {
    expect(namesOn(JSON.parse(dashboard))).toContain('session.ended');
  });

  test('shows what a million calls cost, from what was counted', () => {
    const [, expression = ''] = dashboard.match(/"expression":"([^"]*calls[^"]*)"/) ?? [];
    const million = 1_000_000;
    // 150 ms at 512 MB, one read each, nonces written for one call in twenty.
    const counted = {
      calls: million,
      reads: million,
      writes: million / 20,
      proxyMs: 150 * million,
      proxyCalls: million,
      api: million,
      challenges: 0,
      signIns: 0,
      renewals: 0,
      authMs: 0,
      authCalls: 0,
    };
    const evaluate = new Function('FILL', ...Object.keys(counted), `return ${expression}`);
    const dollars = evaluate((value: number) => value, ...Object.values(counted));
    expect(dollars).toBeCloseTo(15 + 0.125 + 0.03 + 1.0 + 0.2 + 1, 1);
  });
});

/** The alarm's own expression, and the metrics that it is over, in their order. */
function shareOn(alarm: AlarmProperties | undefined) {
  const { Metrics = [] } = alarm as unknown as {
    Metrics: { Id: string; Expression?: string; MetricStat?: { Metric: { MetricName: string } } }[];
  };
  const [{ Expression = '' } = {}] = Metrics.filter(({ Expression }) => Expression);
  const inputs = Metrics.filter(({ MetricStat }) => MetricStat);
  const body = Expression.replace(/IF\((.*), 0\)$/, (_, rest: string) => {
    const [condition = '', ...value] = rest.split(/, (?=100)/);
    return `${condition} ? ${value.join(', ')} : 0`;
  });
  const evaluate = new Function('FILL', ...inputs.map(({ Id }) => Id), `return ${body}`);
  return {
    counted: inputs.map(({ MetricStat }) => MetricStat?.Metric.MetricName),
    share: (values: number[]): number => evaluate((value: number) => value, ...values),
  };
}

/** Metrics of our namespace, wherever they are: `MetricName` in alarms, arrays in dashboards. */
function namesOn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value) && value[0] === metricsNamespace) return [value[1]];
  if ('MetricName' in value && 'Namespace' in value) {
    return value.Namespace === metricsNamespace ? [String(value.MetricName)] : [];
  }
  return Object.values(value).flatMap(namesOn);
}

describe('the keys', () => {
  interface ScheduleProperties {
    ScheduleExpression: string;
    State: string;
    Target: { Arn: unknown; RoleArn: unknown; Input: string };
  }
  const scheduleOf = (of: typeof broker) =>
    of.only('AWS::Scheduler::Schedule') as unknown as ScheduleProperties;
  const eventOf = (of: typeof broker): unknown => JSON.parse(scheduleOf(of).Target.Input);
  const rotating = (keyRotation: object) => synthesise({ bff: { keyRotation } }).broker;

  test('are tended every hour, and rotated by an operator only', () => {
    expect(scheduleOf(broker)).toMatchObject({
      ScheduleExpression: 'rate(1 hour)',
      State: 'ENABLED',
    });
    expect(eventOf(broker)).toEqual({ action: 'tend', actor: 'schedule', reason: 'every hour' });
    expect(parseRequest(eventOf(broker))).toMatchObject({ action: 'tend' });
  });

  test('are rotated by the schedule where keyRotation says so, and retired unless it says otherwise', () => {
    const event = eventOf(rotating({ everyDays: 90 }));
    expect(event).toMatchObject({ action: 'tend', everyDays: 90, retire: true });
    expect(parseRequest(event)).toEqual(event);
    const kept = eventOf(rotating({ everyDays: 30, retire: false }));
    expect(kept).toMatchObject({ everyDays: 30, retire: false });
  });

  test('the schedule invokes the operator function, by a role that EventBridge alone may take', () => {
    for (const of of [broker, rotating({ everyDays: 90 })]) {
      const { Arn, RoleArn } = scheduleOf(of).Target;
      expect(written(Arn)).toMatch(/^<BrokerKeys\w+\.Arn>$/);
      const role = written(RoleArn).replace(/^<(.*)\.Arn>$/, '$1');
      const { AssumeRolePolicyDocument } = of.of('AWS::IAM::Role')[role] as {
        AssumeRolePolicyDocument: { Statement: Statement[] };
      };
      expect(AssumeRolePolicyDocument.Statement).toMatchObject([
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': expect.anything() } },
        },
      ]);
    }
  });

  test('alarms tell of calls without a signature, and of an active key that KMS does not sign with', () => {
    const watched = (name: string) => namesOn(alarms.find((alarm) => nameOf(alarm) === name));
    expect(watched('signing-failures')).toEqual(['failed.signer_unavailable']);
    expect(watched('key-unusable')).toEqual(['keys.active_unusable']);
  });

  test('an alarm tells of a rotation that is overdue or stuck, and one of a schedule that is silent', () => {
    const rotation = alarms.find((alarm) => nameOf(alarm) === 'key-rotation');
    expect(namesOn(rotation)).toEqual(['keys.rotation_overdue', 'keys.rotation_stuck']);
    const silence = alarms.find((alarm) => nameOf(alarm) === 'key-report-missing');
    expect(namesOn(silence)).toEqual(['keys.dpop.reported']);
  });
});
