// Reads the CDK context: the configuration of the broker, and how this app deploys it. Each is an object in cdk.json
// (`bff`, `deployment`), whose common fields -c may set or replace. One error names all mistakes.
import type { Node } from 'constructs';
import { spaFault } from '#infra/aws/front/spa.ts';
import { usEast1 } from '#infra/aws/front/us-east-1.ts';
import { placeOfDeployment } from '#shared/config/environment.ts';
import { ConfigError } from '#shared/config/faults.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import { type Config, configFields } from '#shared/config/schema.ts';
import { closest } from '../../closest.ts';
import { type Context, configOf, fromText, merged } from '../../context.ts';
import { type FunctionName, functions, reservedOf } from '../../functions.ts';
import { type Deployment, deploymentFields, readDeployment } from './deployment.ts';
import { isElsewhere, replicaFaults } from './regions.ts';
import { tagFaults } from './tags.ts';

export interface AppSettings {
  config: ConfigInput;
  deployment: Deployment;
}

export function readSettings(node: Node): AppSettings {
  const context: Context = (name) => node.tryGetContext(name);
  const { config: input, faults } = configOf(context);
  faults.push(...misspelt(Object.keys(node.getAllContext())));
  const asked = merged(context, 'deployment', deploymentFields);
  const read = readDeployment(
    Object.fromEntries(
      Object.entries(asked.fields).map(([name, value]) => [name, meant(name, value)]),
    ),
  );
  faults.push(...asked.faults);
  if ('faults' in read) faults.push(...read.faults);
  else faults.push(...contradictions(read.deployment));
  const config = parsed(input, faults);
  if (config && 'deployment' in read) faults.push(...together(config, read.deployment));
  if (!('deployment' in read) || faults.length > 0) throw new ConfigError(faults);
  return { config: input as unknown as ConfigInput, deployment: read.deployment };
}

/** As the CDK's own command line chooses it: us-east-1 by default. */
export const regionOf = ({ region }: Deployment): string =>
  region ?? process.env.CDK_DEFAULT_REGION ?? usEast1;

/** -c accepts any name, and would ignore a misspelt one. Other context names do not look like ours. */
function misspelt(given: string[]): string[] {
  const known = ['bff', 'deployment', ...configFields, ...deploymentFields];
  return given.flatMap((name) => {
    const near = known.includes(name) ? undefined : closest(name, known);
    return near === undefined ? [] : [`${name}: unknown field; did you mean ${near}?`];
  });
}

/** -c gives text. An account of twelve digits stays text. */
const meant = (name: string, value: unknown) => (name === 'account' ? value : fromText(value));

function* contradictions(given: Deployment): Iterable<string> {
  const region = regionOf(given);
  if (isElsewhere(region)) {
    yield `deployment.region: CloudFront, in front of every broker, is not in ${region}`;
  }
  if (!given.hostedZoneId !== !given.hostedZoneName) {
    yield 'hostedZoneId, hostedZoneName: only together';
  }
  if (given.hostedZoneId && !given.certificateArn) {
    yield 'hostedZoneId: needs certificateArn';
  }
  if (given.certificateArn && !given.certificateArn.includes(':us-east-1:')) {
    yield 'certificateArn: CloudFront accepts only certificates from us-east-1';
  }
  if (given.alarmTopicArn && !given.alarmTopicArn.includes(`:${region}:`)) {
    yield `alarmTopicArn: alarms in ${region} can notify only topics in ${region}`;
  }
  if (given.edgeAlarmTopicArn && !given.edgeAlarmTopicArn.includes(':us-east-1:')) {
    yield 'edgeAlarmTopicArn: the alarms on CloudFront are in us-east-1 and can notify only topics there';
  }
  if (given.encryptionKeyArn && !given.encryptionKeyArn.includes(`:${region}:`)) {
    yield `encryptionKeyArn: only keys in ${region} can encrypt what is in ${region}`;
  }
  if (given.canary && !given.alarms) {
    yield 'canary: needs alarms, which say that a new version is broken';
  }
  yield* tagFaults(given.tags);
  if (given.spa) yield* spaFault(given.spa);
  yield* tooFew('', given);
  for (const name of Object.keys(functions) as FunctionName[]) {
    const reservedConcurrency = given.reserveConcurrency ? reservedOf(name) : undefined;
    yield* tooFew(`functions.${name}.`, { reservedConcurrency, ...given.functions[name] });
  }
}

interface Concurrency {
  provisionedConcurrency?: number | undefined;
  reservedConcurrency?: number | undefined;
}

function* tooFew(
  at: string,
  { provisionedConcurrency: warm = 0, reservedConcurrency: most = warm }: Concurrency,
): Iterable<string> {
  if (warm > most) {
    yield `deployment.${at}provisionedConcurrency: ${warm} is more than the ${most} that are reserved`;
  }
}

/** Contradictions between the configuration and its deployment. */
function* together(config: Config, deployment: Deployment): Iterable<string> {
  const { hostname } = new URL(config.publicOrigin);
  const zone = deployment.hostedZoneName?.replace(/\.$/, '').toLowerCase();
  if (zone && hostname !== zone && !hostname.endsWith(`.${zone}`)) {
    yield `hostedZoneName: ${hostname} is not in ${zone}`;
  }
  yield* replicaFaults(config, regionOf(deployment));
}

function parsed(input: Record<string, unknown>, faults: string[]): Config | undefined {
  try {
    return parseConfig(input, placeOfDeployment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
