// What the CDK context says: the configuration of the broker, and how this app deploys it. Each comes from an object
// in cdk.json (`bff`, `deployment`), whose common fields -c may set or replace. All faults are named in one error.
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import * as z from 'zod/mini';
import { ConfigError, type ConfigInput, parseConfig, placeOfDeployment } from '#shared/config.ts';
import { type Context, configOf, fromText, merged } from '../context.ts';

const arn = (service: string) =>
  z.string().check(z.regex(new RegExp(`^arn:[a-z-]+:${service}:`), `must be an ARN of ${service}`));

const limit = z.int().check(z.minimum(1));

const deployment = z.strictObject({
  name: z._default(
    z
      .string()
      .check(
        z.regex(/^[a-z][a-z0-9-]{1,23}$/, 'must be 2 to 24 lower-case letters, digits and hyphens'),
      ),
    'okta-dpop-bff',
  ),
  account: z.optional(z.string().check(z.regex(/^\d{12}$/, 'must be 12 digits'))),
  region: z.optional(z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region'))),
  certificateArn: z.optional(arn('acm')),
  hostedZoneId: z.optional(z.string()),
  hostedZoneName: z.optional(z.string()),
  spa: z.optional(z.string()),
  contentSecurityPolicy: z.optional(z.string()),
  alarms: z._default(z.boolean(), true),
  alarmTopicArn: z.optional(arn('sns')),
  firewall: z._default(z.boolean(), true),
  rateLimit: z.optional(limit),
  signInRateLimit: z.optional(limit),
  accessLogs: z._default(z.boolean(), true),
  logDays: z._default(
    z
      .number()
      .check(
        z.refine((days) => days in RetentionDays, 'must be a retention that CloudWatch Logs has'),
      ),
    RetentionDays.THREE_MONTHS,
  ),
  originSecret: z._default(limit, 1),
  removalPolicy: z._default(z.enum(['retain', 'destroy']), 'retain'),
  memoryMb: z.optional(z.int().check(z.minimum(128), z.maximum(10_240))),
  provisionedConcurrency: z.optional(limit),
  reservedConcurrency: z.optional(limit),
});

export const deploymentFields = Object.keys(deployment.shape);

export type Deployment = z.output<typeof deployment>;

export interface Settings {
  config: ConfigInput;
  deployment: Deployment;
}

export function readSettings(node: Node): Settings {
  const context: Context = (name) => node.tryGetContext(name);
  const { config, faults } = configOf(context);
  const asked = merged(context, 'deployment', deploymentFields);
  const given = deployment.safeParse(
    Object.fromEntries(
      Object.entries(asked.fields).map(([name, value]) => [name, meant(name, value)]),
    ),
  );
  faults.push(...asked.faults);
  if (!given.success) faults.push(...given.error.issues.flatMap(describe));
  if (given.success) faults.push(...contradictions(given.data));
  faults.push(...faultsOf(() => parseConfig(config, placeOfDeployment())));
  if (!given.success || faults.length > 0) throw new ConfigError(faults);
  return { config: config as unknown as ConfigInput, deployment: given.data };
}

/** -c gives text; an account of twelve digits stays text. */
const meant = (name: string, value: unknown) => (name === 'account' ? value : fromText(value));

function* contradictions(given: Deployment): Iterable<string> {
  if (!given.hostedZoneId !== !given.hostedZoneName) {
    yield 'hostedZoneId, hostedZoneName: only together';
  }
  if (given.hostedZoneId && !given.certificateArn) {
    yield 'hostedZoneId: needs certificateArn';
  }
  if (given.certificateArn && !given.certificateArn.includes(':us-east-1:')) {
    yield 'certificateArn: CloudFront takes certificates of us-east-1 only';
  }
}

function faultsOf(parse: () => unknown): string[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `deployment.${key}: unknown field`);
  }
  return [`deployment.${issue.path.join('.')}: ${issue.message}`];
}
