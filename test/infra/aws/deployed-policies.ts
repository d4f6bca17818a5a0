// The policies of a synthesised deployment as AWS will see them: intrinsics replaced by the values of one account.
import type { Statement } from '#infra/policy/document.ts';
import type { synthesise } from './synthesis.ts';

export const place = { partition: 'aws', region: 'us-east-1', account: '111122223333' };
export const tableArn = `arn:aws:dynamodb:${place.region}:${place.account}:table/bff`;

export type Synthesised = ReturnType<typeof synthesise>;

export interface Deployed {
  /** The policies of the functions' roles, by function. */
  roles: Record<string, readonly Statement[]>;
  roleArn(name: string): string;
  keyPolicy: readonly Statement[];
}

/** `name`: of the deployment. */
export function deployedPolicies({ broker, state }: Synthesised, name = 'okta-dpop-bff'): Deployed {
  const roleName = (one: string) => `${name}-${place.region}-${one}`;
  const logicalIds = new Map(
    Object.entries(broker.of('AWS::IAM::Role')).map(([id, { RoleName }]) => [
      id,
      String(plain(RoleName ?? '')),
    ]),
  );
  const roles: Record<string, Statement[]> = {};
  for (const { Roles, PolicyDocument } of Object.values(broker.of('AWS::IAM::Policy'))) {
    for (const { Ref } of Roles as { Ref: string }[]) {
      const role = logicalIds.get(Ref)?.slice(roleName('').length);
      if (!role) continue;
      const { Statement: own } = plain(PolicyDocument) as { Statement: Statement[] };
      roles[role] = [...(roles[role] ?? []), ...own];
    }
  }
  const [key] = Object.values(state.of('AWS::KMS::Key'));
  return {
    roles,
    roleArn: (one) => `arn:aws:iam::${place.account}:role/${roleName(one)}`,
    keyPolicy: (plain(key?.KeyPolicy) as { Statement: Statement[] }).Statement,
  };
}

/** As CloudFormation resolves it. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, inner] = ['', ''], ...more] = Object.entries(value) as [string, unknown][];
  if (more.length === 0 && name === 'Ref') return pseudo[String(inner)] ?? `ref-${inner}`;
  if (more.length === 0 && name === 'Fn::Join') {
    const [glue, parts] = inner as [string, unknown[]];
    return parts.map(plain).join(glue);
  }
  if (more.length === 0 && name === 'Fn::GetStackOutput') {
    const { OutputName } = inner as { OutputName: string };
    return /Table.*Arn/.test(OutputName) ? tableArn : `output-${OutputName}`;
  }
  if (more.length === 0 && name === 'Fn::GetAtt')
    return `attribute-${(inner as string[]).join('.')}`;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

const pseudo: Record<string, string> = {
  'AWS::Partition': place.partition,
  'AWS::Region': place.region,
  'AWS::AccountId': place.account,
};
