// Findings of cdk-nag that we accept, each with its reason, beside the resource that it is about.
import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export function acknowledge(scope: IConstruct | undefined, reasons: Record<string, string>): void {
  if (!scope) return;
  Validations.of(scope).acknowledge(
    ...Object.entries(reasons).map(([id, reason]) => ({ id, reason })),
  );
}

/** A policy may name these resources by a pattern. */
export function acknowledgeResources(
  scope: IConstruct | undefined,
  reason: string,
  resources: readonly string[],
): void {
  if (!scope) return;
  const ids = resources.map(
    (resource) => `AwsSolutions-IAM5[Resource::${written(scope, resource)}]`,
  );
  acknowledge(scope, Object.fromEntries(ids.map((id) => [id, reason])));
}

/** As cdk-nag writes it: `arn:<AWS::Partition>:kms:…`. */
function written(scope: IConstruct, resource: string): string {
  const resolved: unknown = Stack.of(scope).resolve(resource);
  const parts = (resolved as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join']?.[1] ?? [resolved];
  return parts
    .map((part) => (typeof part === 'string' ? part : `<${(part as { Ref: string }).Ref}>`))
    .join('');
}
