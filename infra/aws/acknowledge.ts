// Findings of cdk-nag that we accept, each with its reason, next to the resource that they concern.
import { Stack, Validations } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

export function acknowledge(scope: IConstruct | undefined, reasons: Record<string, string>): void {
  if (!scope) return;
  Validations.of(scope).acknowledge(
    ...Object.entries(reasons).map(([id, reason]) => ({ id, reason })),
  );
}

/**
 * Accepts the policies of a role that the CDK makes for itself: every pattern that it has now, but none that others may
 * add.
 */
export function acknowledgePolicies(role: IConstruct, reason: string): void {
  const documents = role.node.findAll().filter((one) => one instanceof CfnPolicy);
  const statements = documents.flatMap(
    (one) => Stack.of(one).resolve(one.policyDocument).Statement as Statement[],
  );
  const actions = statements.flatMap(({ Action }) => Action).filter((one) => one.includes('*'));
  const resources = statements.flatMap(({ Resource }) => Resource);
  const ids = [
    ...actions.map((action) => `Action::${action}`),
    ...resources.map((resource) => `Resource::${written(role, resource)}`),
  ].filter((id) => id.includes('*'));
  acknowledge(role, Object.fromEntries(ids.map((id) => [`AwsSolutions-IAM5[${id}]`, reason])));
}

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** Accepts that a policy names these resources by a pattern. */
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

/** In cdk-nag's form: `arn:<AWS::Partition>:kms:…`, `<Bucket.Arn>/*`. */
function written(scope: IConstruct, value: unknown): string {
  const visit = (part: unknown): string => {
    if (typeof part === 'string') return part.replaceAll('${', '<').replaceAll('}', '>');
    const [[name, inner] = ['', '']] = Object.entries(part as object) as [string, unknown][];
    if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(visit).join('');
    if (name === 'Fn::Sub') return visit(inner);
    return `<${Array.isArray(inner) ? inner.join('.') : String(inner)}>`;
  };
  return visit(Stack.of(scope).resolve(value));
}
