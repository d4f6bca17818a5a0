// The object `deployment` of the CDK context: how this app deploys the broker. One schema, with a sentence for each
// mistake.
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod/mini';
import { type FunctionName, functions } from '../../functions.ts';

const text = z.string().check(z.minLength(1, 'must not be empty'));

const arn = (service: string) =>
  z.string().check(z.regex(new RegExp(`^arn:[a-z-]+:${service}:`), `must be an ARN of ${service}`));

const atLeast = (least: number) => z.int().check(z.minimum(least, `must be at least ${least}`));

const size = {
  memoryMb: z.optional(
    z
      .int()
      .check(z.minimum(128, 'must be at least 128'), z.maximum(10_240, 'must be at most 10240')),
  ),
  provisionedConcurrency: z.optional(atLeast(1)),
  reservedConcurrency: z.optional(atLeast(1)),
};

const functionNames = Object.keys(functions) as FunctionName[];

const tag = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const schema = z.strictObject({
  name: z._default(
    z
      .string()
      .check(
        z.regex(/^[a-z][a-z0-9-]{1,23}$/, 'must be 2 to 24 lower-case letters, digits and hyphens'),
      ),
    'okta-dpop-bff',
  ),
  account: z.optional(z.string().check(z.regex(/^\d{12}$/, 'must be 12 digits'))),
  region: z.optional(
    z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region, for example eu-west-1')),
  ),
  certificateArn: z.optional(arn('acm')),
  hostedZoneId: z.optional(text),
  hostedZoneName: z.optional(text),
  spa: z.optional(text),
  contentSecurityPolicy: z.optional(text),
  alarms: z._default(z.boolean(), true),
  alarmTopicArn: z.optional(arn('sns')),
  edgeAlarmTopicArn: z.optional(arn('sns')),
  firewall: z._default(z.boolean(), true),
  // The lowest limit that AWS WAF accepts.
  rateLimit: z.optional(atLeast(10)),
  signInRateLimit: z.optional(atLeast(10)),
  accessLogs: z._default(z.boolean(), true),
  logDays: z._default(
    z
      .number()
      .check(
        z.refine(
          (days) => days in RetentionDays,
          'must be a retention period that CloudWatch Logs supports',
        ),
      ),
    RetentionDays.THREE_MONTHS,
  ),
  originSecret: z._default(atLeast(1), 1),
  removalPolicy: z._default(z.enum(['retain', 'destroy']), 'retain'),
  ...size,
  functions: z._default(z.partialRecord(z.enum(functionNames), z.strictObject(size)), {}),
  reserveConcurrency: z._default(z.boolean(), true),
  canary: z._default(z.boolean(), false),
  tracing: z._default(z.boolean(), true),
  vpc: z.optional(
    z.strictObject({
      vpcId: text,
      subnetIds: z.array(text).check(z.minLength(1, 'must name a subnet')),
      securityGroupIds: z.array(text).check(z.minLength(1, 'must name a security group')),
    }),
  ),
  encryptionKeyArn: z.optional(arn('kms')),
  tags: z._default(
    z.record(
      z.string().check(z.regex(/^(?!aws:).{1,128}$/, 'is not a tag name')),
      z.string().check(z.regex(tag, 'has characters that tags do not allow'), z.maxLength(256)),
    ),
    {},
  ),
});

export type Deployment = z.output<typeof schema>;

export const deploymentFields = Object.keys(schema.shape);

export type Read = { deployment: Deployment } | { faults: string[] };

export function readDeployment(given: unknown): Read {
  const result = schema.safeParse(given);
  return result.success
    ? { deployment: result.data }
    : { faults: result.error.issues.flatMap(describe) };
}

function describe(issue: z.core.$ZodIssue): string[] {
  const field = ['deployment', ...issue.path].join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `${field}.${key}: unknown field`);
    case 'invalid_type':
      return [`${field}: must be ${words[issue.expected] ?? `a ${issue.expected}`}`];
    case 'invalid_value':
      return [`${field}: must be ${issue.values.join(' or ')}`];
    default:
      return [`${field}: ${issue.message}`];
  }
}

const words: Record<string, string> = {
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
