// IAM on this machine: every call of a function is checked against the policies of its role, which the stack's own code
// makes, and against the policy of the key. A denied call fails as on AWS.

import { type KeyScope, keyStatements } from '../../../aws/rights/key-permissions.ts';
import { metricStatements } from '../../../aws/rights/metric-permissions.ts';
import { roleArn, roleName } from '../../../aws/rights/names.ts';
import { type Rights, type RoleName, rights } from '../../../aws/rights/rights.ts';
import { secretStatement } from '../../../aws/rights/secret-permissions.ts';
import { itemStatements } from '../../../aws/rights/table-permissions.ts';
import type { Context } from '../../../policy/conditions.ts';
import type { Statement } from '../../../policy/document.ts';
import { evaluate, type Verdict } from '../../../policy/evaluate.ts';
import { accessKeyOf, functionOf } from './access-keys.ts';
import { describeDenial, messageOf } from './denial.ts';

/** What a call needs: an action on a resource, and what AWS knows when it is called. */
export interface Need {
  action: string;
  resource: string;
  context: Context;
  /** The policy of the resource, if it has one that must allow the call. */
  policy?: readonly Statement[];
}

export interface Caller {
  /** A function, or `administrator`. */
  name: string;
  /** The ARN of the role. */
  arn: string;
  /** The ARN of its session, as AWS's messages name it. */
  session: string;
  statements: readonly Statement[];
}

export interface Refused {
  error: string;
  message: string;
}

export interface Guard {
  /** Returns the first need of a call that is not met, in AWS's words. */
  refuses(accessKeyId: string, needs: readonly Need[]): Refused | undefined;
  /** Asks the same question in advance, without telling anybody. */
  may(accessKeyId: string, need: Need): boolean;
}

export interface Judged {
  caller: Caller;
  need: Need;
  verdict: Verdict;
}

export interface GuardOptions {
  /** Where the broker is, and where its keys have copies. */
  scope: KeyScope;
  tableArn: string;
  /** The ARN of the client's secret, if clientAuth needs one. */
  secretArn?: string | undefined;
  /** Functions that belong to no broker, with what their own constructs allow. */
  others?: (() => Record<string, readonly Statement[]>) | undefined;
  onJudged?: ((judged: Judged) => void) | undefined;
  /** One line for the console. */
  onDenied?: ((line: Record<string, string>) => void) | undefined;
}

export function startGuard(options: GuardOptions): Guard {
  const callers = new Map<string, Caller>(
    (Object.keys(rights) as RoleName[]).map((name) => [accessKeyOf(name), callerOf(options, name)]),
  );
  const person = administrator(options);
  const callerWith = (accessKeyId: string) =>
    functionOf(accessKeyId) === undefined
      ? person
      : (callers.get(accessKeyId) ?? otherWith(options, accessKeyId));
  const judge = (caller: Caller, { policy, ...request }: Need) =>
    evaluate(
      { principal: caller.arn, ...request },
      { identity: caller.statements, resource: policy },
    );
  return {
    refuses(accessKeyId, needs) {
      const caller = callerWith(accessKeyId);
      if (!caller) return unknown;
      for (const need of needs) {
        const verdict = judge(caller, need);
        options.onJudged?.({ caller, need, verdict });
        if (verdict.allowed) continue;
        options.onDenied?.(describeDenial(caller, need, verdict));
        return { error: 'AccessDeniedException', message: messageOf(caller, need, verdict) };
      }
      return undefined;
    },
    may(accessKeyId, need) {
      const caller = callerWith(accessKeyId);
      return caller !== undefined && judge(caller, need).allowed;
    },
  };
}

const unknown: Refused = {
  error: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};

/** What the stack attaches to the role of a function, as far as it concerns the table, the keys and the secret. */
export const statementsOf = (
  { scope, tableArn, secretArn }: GuardOptions,
  own: Rights,
): Statement[] => [
  ...itemStatements(tableArn, own),
  ...keyStatements(scope, own),
  ...metricStatements(scope, own),
  ...(secretArn && own.clientSecret ? [secretStatement(secretArn)] : []),
];

function callerOf(options: GuardOptions, name: RoleName): Caller {
  const { place, broker } = options.scope;
  return {
    name,
    arn: roleArn(place, broker, name),
    session: `arn:${place.partition}:sts::${place.account}:assumed-role/${roleName(place, broker, name)}/${name}`,
    statements: statementsOf(options, rights[name]),
  };
}

function otherWith({ others, scope }: GuardOptions, accessKeyId: string): Caller | undefined {
  const found = Object.entries(others?.() ?? {}).find(
    ([name]) => accessKeyOf(name) === accessKeyId,
  );
  if (!found) return undefined;
  const [name, statements] = found;
  const { partition, account } = scope.place;
  return {
    name,
    arn: `arn:${partition}:iam::${account}:role/${name}`,
    session: `arn:${partition}:sts::${account}:assumed-role/${name}/${name}`,
    statements,
  };
}

function administrator({ scope: { place } }: GuardOptions): Caller {
  const { partition, account } = place;
  return {
    name: 'administrator',
    arn: `arn:${partition}:iam::${account}:role/Administrator`,
    session: `arn:${partition}:sts::${account}:assumed-role/Administrator/local`,
    statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  };
}
