// Stacks as `cdk synth` makes them, validated, but without bundling the functions.
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { addBroker } from '#infra/aws/app/broker-app.ts';
import { readSettings } from '#infra/aws/app/settings.ts';
import { root } from '#infra/bundle.ts';

export const flags: Record<string, unknown> = JSON.parse(
  readFileSync(join(root, 'cdk.json'), 'utf8'),
).context;

export const minimal = {
  issuer: 'https://acme.okta.com',
  clientId: '0oa1',
  publicOrigin: 'https://app.acme.com',
};

export function newApp(context: Record<string, unknown> = {}) {
  const outdir = mkdtempSync(join(tmpdir(), 'bff-synth-'));
  return new App({ outdir, context: { ...flags, 'aws:cdk:bundling-stacks': [], ...context } });
}

/** `context`: as in cdk.json or given with -c. Throws what would end the command. */
export function synthesise(context: Record<string, unknown> = {}) {
  const app = newApp({ ...minimal, ...context });
  const { state, broker } = addBroker(app, readSettings(app.node));
  return {
    app,
    state: templateOf(Template.fromStack(state)),
    broker: templateOf(Template.fromStack(broker)),
  };
}

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  DependsOn?: string[];
}

export function templateOf(template: Template) {
  const resources = template.toJSON().Resources as Record<string, Resource>;
  return {
    template,
    resources,
    /** The properties of all resources of a type, by logical id. */
    of: (type: string): Record<string, Record<string, unknown>> =>
      Object.fromEntries(
        Object.entries(resources)
          .filter(([, { Type }]) => Type === type)
          .map(([id, { Properties }]) => [id, Properties]),
      ),
    /** The one resource whose logical id begins so. */
    named(beginning: string, type: string): Resource {
      const [one, ...others] = Object.entries(resources).filter(
        ([id, { Type }]) => Type === type && id.startsWith(beginning),
      );
      if (!one || others.length > 0) throw new Error(`expected one ${type} ${beginning}`);
      return one[1];
    },
    only(type: string): Record<string, unknown> {
      const [one, ...others] = Object.values(this.of(type));
      if (!one || others.length > 0) throw new Error(`expected one ${type}`);
      return one;
    },
  };
}

/** Intrinsics written out: `arn:<AWS::Partition>:kms:…`. */
export function written(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(written).join();
  const [[name, inner] = ['', '']] = Object.entries(value as object) as [string, unknown][];
  if (name === 'Fn::Join') return ((inner as [string, unknown[]])[1] ?? []).map(written).join('');
  if (name === 'Fn::GetStackOutput') return `<${(inner as { OutputName: string }).OutputName}>`;
  return `<${Array.isArray(inner) ? inner.join('.') : String(inner)}>`;
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
  Principal?: unknown;
  Sid?: string;
}

export const list = <Item>(value: Item | Item[]): Item[] =>
  Array.isArray(value) ? value : [value];
