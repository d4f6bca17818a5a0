// What a deployment has that costs by the month: counted in the templates that the CDK makes of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { addBroker } from '../aws/app/broker-app.ts';
import { readSettings } from '../aws/app/settings.ts';
import { bytesOfLine } from './measure.ts';

export interface Fixed {
  keys: number;
  secrets: number;
  dashboards: number;
  /** A metric that two alarms read counts twice. */
  alarmMetrics: number;
  /** Counted by a filter in a log. */
  filterMetrics: number;
  firewalls: number;
  firewallRules: number;
  /** A line of the API's access log, and of CloudFront's: the names of its fields are known, their values guessed. */
  apiLogBytes: number;
  edgeLogBytes: number;
  logDays: number;
}

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

/** `context`: as in cdk.json or given with -c. */
export async function fixedOf(context: Record<string, unknown>): Promise<Fixed> {
  const outdir = await mkdtemp(join(tmpdir(), 'bff-cost-'));
  try {
    // The functions are not bundled: their code costs nothing.
    const app = new App({
      outdir,
      context: { ...anyApp, ...context, 'aws:cdk:bundling-stacks': [] },
    });
    addBroker(app, readSettings(app.node));
    const stacks = app.node.children.filter((child) => child instanceof Stack);
    return countedIn(
      stacks.flatMap((stack) => {
        const { Resources = {} } = Template.fromStack(stack).toJSON();
        return Object.values(Resources as Record<string, Resource>);
      }),
    );
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

const anyApp = {
  issuer: 'https://acme.okta.com',
  clientId: '0oa1',
  publicOrigin: 'https://app.acme.com',
};

export function countedIn(resources: readonly Resource[]): Fixed {
  const of = (type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties);
  const sum = (type: string, count: (properties: Record<string, unknown>) => number) =>
    of(type).reduce((total, properties) => total + count(properties), 0);
  const [apiLog] = of('AWS::ApiGatewayV2::Stage');
  const { Format = '' } = (apiLog?.AccessLogSettings ?? {}) as { Format?: string };
  const [edgeLog] = of('AWS::Logs::Delivery');
  const [functionLog] = of('AWS::Logs::LogGroup');
  return {
    keys: of('AWS::KMS::Key').length,
    secrets: of('AWS::SecretsManager::Secret').length,
    dashboards: of('AWS::CloudWatch::Dashboard').length,
    alarmMetrics: sum('AWS::CloudWatch::Alarm', ({ Metrics = [{ MetricStat: {} }] }) => {
      return (Metrics as { MetricStat?: object }[]).filter(({ MetricStat }) => MetricStat).length;
    }),
    filterMetrics: of('AWS::Logs::MetricFilter').length,
    firewalls: of('AWS::WAFv2::WebACL').length,
    firewallRules: sum('AWS::WAFv2::WebACL', ({ Rules = [] }) => (Rules as unknown[]).length),
    // A variable's name is about as long as its value.
    apiLogBytes: Format ? Format.length + bytesOfLine : 0,
    edgeLogBytes: edgeLog ? jsonLine(edgeLog.RecordFields as string[]) + bytesOfLine : 0,
    logDays: Number(functionLog?.RetentionInDays ?? 0),
  };
}

/** `"name":"value",` with a value of 14 characters. */
const jsonLine = (names: readonly string[]) =>
  names.reduce((sum, name) => sum + name.length + 14 + 6, 2);
