// Whether a request is allowed, as AWS decides it within one account: an explicit Deny wins; else the policy of the
// resource, where it has one that must allow (KMS), names the caller, or names the account and the caller's own policy
// allows as well; else the caller's own policy allows.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
import { type Context, type Unmet, unmetConditions } from './conditions.ts';
import { listed, type Statement } from './document.ts';
import { matches } from './wildcards.ts';

export interface PolicyRequest {
  /** The ARN of the caller's role, not of its session. */
  principal: string;
  action: string;
  resource: string;
  context: Context;
}

export interface Policies {
  /** The policy of the caller's role. */
  identity: readonly Statement[];
  /** The policy of a resource that must allow every access. */
  resource?: readonly Statement[] | undefined;
}

export type Whose = keyof Policies;

export type Verdict =
  | { allowed: true; by: readonly Statement[] }
  | { allowed: false; whose: Whose; denial: Statement }
  | { allowed: false; whose: Whose; denial?: undefined; near: readonly Near[] };

/** A statement that would have allowed the request without these conditions. */
export interface Near {
  statement: Statement;
  unmet: readonly Unmet[];
}

export function evaluate(request: PolicyRequest, { identity, resource }: Policies): Verdict {
  const own = judge(identity, request);
  const theirs = resource && judge(resource, request);
  if (theirs?.denial) return { allowed: false, whose: 'resource', denial: theirs.denial };
  if (own.denial) return { allowed: false, whose: 'identity', denial: own.denial };
  if (theirs) {
    const direct = theirs.allowing.filter(({ Principal }) => !isAccount(Principal));
    if (direct.length > 0) return { allowed: true, by: direct };
    if (theirs.allowing.length === 0) {
      return { allowed: false, whose: 'resource', near: theirs.near };
    }
  }
  if (own.allowing.length === 0) return { allowed: false, whose: 'identity', near: own.near };
  return { allowed: true, by: [...(theirs?.allowing ?? []), ...own.allowing] };
}

interface Judged {
  denial?: Statement;
  allowing: Statement[];
  near: Near[];
}

function judge(statements: readonly Statement[], request: PolicyRequest): Judged {
  const judged: Judged = { allowing: [], near: [] };
  for (const statement of statements) {
    check(statement);
    if (!isAbout(statement, request)) continue;
    const unmet = unmetConditions(statement.Condition ?? {}, contextOf(request));
    if (statement.Effect === 'Deny') {
      if (unmet.length === 0) judged.denial ??= statement;
    } else if (unmet.length === 0) judged.allowing.push(statement);
    else judged.near.push({ statement, unmet });
  }
  return judged;
}

const contextOf = ({ principal, context }: PolicyRequest): Context => ({
  ...context,
  'aws:PrincipalArn': principal,
});

function isAbout({ Principal, Action, Resource }: Statement, request: PolicyRequest): boolean {
  const action = request.action.toLowerCase();
  return (
    listed(Action).some((one) => matches(one.toLowerCase(), action)) &&
    listed(Resource).some((one) => matches(one, request.resource)) &&
    (Principal === undefined || names(Principal, request.principal))
  );
}

type Principal = NonNullable<Statement['Principal']>;

const names = (principal: Principal, caller: string) =>
  principal === '*' ||
  listed(principal.AWS).some((one) => one === caller || one === rootOf(caller));

const isAccount = (principal: Principal | undefined) =>
  typeof principal === 'object' && listed(principal.AWS).every((one) => one === rootOf(one));

const rootOf = (arn: string) => arn.split(':').with(-1, 'root').join(':');

const elements = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition']);
const checked = new WeakSet<Statement>();

function check(statement: Statement): void {
  if (checked.has(statement)) return;
  const unknown = Object.keys(statement).find((name) => !elements.has(name));
  if (unknown) throw new TypeError(`the element ${unknown} is not known here`);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
    throw new TypeError(`the effect ${statement.Effect} is not known here`);
  }
  checked.add(statement);
}
