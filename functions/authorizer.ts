// Admits only requests from CloudFront, which alone knows the origin's secret. HTTP APIs (payload 2.0) get a simple
// response, REST APIs a policy.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestContext } from '#core/broker.ts';
import { invoked } from '#http/invoked.ts';
import { originHeader } from '#shared/config/environment.ts';
import { type Authorizer, originAuthorizer } from '#shared/runtime/authorizer.ts';

interface AuthorizerEvent {
  headers?: Record<string, string | undefined> | null;
  /** REST APIs only. */
  methodArn?: string;
}

export async function authorizer(
  { env }: Pick<RequestContext<Authorizer>, 'env'>,
  { headers, methodArn }: AuthorizerEvent,
) {
  const given = Object.entries(headers ?? {}).find(
    ([name]) => name.toLowerCase() === originHeader,
  )?.[1];
  const isAuthorized = given !== undefined && (await isKnown(given, env.secrets));
  return methodArn ? policy(isAuthorized, methodArn) : { isAuthorized };
}

export const handler = invoked(originAuthorizer, authorizer);

/** An unknown secret may be newer than the environment. */
async function isKnown(given: string, secrets: Authorizer['secrets']): Promise<boolean> {
  return isOneOf(given, await secrets.known()) || isOneOf(given, await secrets.reread());
}

function isOneOf(given: string, secrets: string[]): boolean {
  return secrets.map((secret) => timingSafeEqual(sha256(given), sha256(secret))).includes(true);
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Covers the whole API, because the answer is cached and used for other paths too. */
function policy(isAuthorized: boolean, methodArn: string) {
  const [api, stage] = methodArn.split('/');
  return {
    principalId: 'cloudfront',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: isAuthorized ? 'Allow' : 'Deny',
          Resource: `${api}/${stage}/*`,
        },
      ],
    },
  };
}
