// A denial in AWS's words for the caller, and in ours, with the missing statement, for the console.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
import type { Unmet } from '../../../policy/conditions.ts';
import { listed } from '../../../policy/document.ts';
import type { Verdict } from '../../../policy/evaluate.ts';
import type { Caller, Need } from './guard.ts';

type Denied = Extract<Verdict, { allowed: false }>;

export function messageOf({ session }: Caller, { action, resource }: Need, denied: Denied): string {
  const kind = `${denied.whose}-based policy`;
  const why = denied.denial
    ? `with an explicit deny in ${denied.whose === 'resource' ? 'a' : 'an'} ${kind}`
    : `because no ${kind} allows the ${action} action`;
  return `User: ${session} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}

export function describeDenial(caller: Caller, need: Need, denied: Denied): Record<string, string> {
  const { action, resource } = need;
  const where =
    denied.whose === 'resource'
      ? 'the policy of the key'
      : `the policy of the role of ${caller.name}`;
  const told = { level: 'WARN', message: 'iam.denied', caller: caller.name, action, resource };
  if (denied.denial) return { ...told, deniedBy: `${denied.denial.Sid ?? 'a Deny'} in ${where}` };
  const statement = JSON.stringify({ Effect: 'Allow', Action: action, Resource: resource });
  return {
    ...told,
    missing: `${statement} in ${where}`,
    // The nearest statement is the one with the fewest reasons.
    ...(denied.near.length > 0 && {
      unmet: denied.near
        .map(({ unmet }) => unmet)
        .reduce((a, b) => (b.length < a.length ? b : a))
        .map(reason)
        .join('; '),
    }),
  };
}

const reason = ({ operator, key, wanted, given }: Unmet): string =>
  `${key} is ${given === undefined ? 'absent' : listed(given).join()}, not ${operator} ${listed(wanted).join(' or ')}`;
