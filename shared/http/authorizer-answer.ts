// What an authorizer answers: a policy for a REST API, a policy or a simple response for an HTTP API. Every answer is for
// this one request: a proof is good for one, so results must not be cached.
import type { AskedFor } from './authorizer-event.ts';

/** What the API behind the authorizer learns, in `requestContext.authorizer`. REST APIs pass on plain values only. */
export type AuthorizerContext = Record<string, string>;

export interface Decision {
  allowed: boolean;
  principal: string;
  context: AuthorizerContext;
}

export function authorizerAnswer(
  { arn, form }: Pick<AskedFor, 'arn' | 'form'>,
  answers: 'simple' | 'iam',
  { allowed, principal, context }: Decision,
) {
  if (form === '2.0' && answers === 'simple') return { isAuthorized: allowed, context };
  return {
    principalId: principal,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Action: 'execute-api:Invoke', Effect: allowed ? 'Allow' : 'Deny', Resource: arn },
      ],
    },
    context,
  };
}
