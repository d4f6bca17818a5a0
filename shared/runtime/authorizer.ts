// The composition root of the function that admits CloudFront only.
import { type OriginSecrets, originSecrets, secretsOf } from '#adapters/aws/origin-secrets.ts';
import { httpClient } from '#adapters/http/client.ts';
import type { Clock } from '#core/ports.ts';
import { readAuthorizerEnvironment } from '#shared/config/environment.ts';
import { awsOver } from './aws.ts';

export interface Authorizer {
  secrets: OriginSecrets;
  clock: Clock;
}

export function originAuthorizer(): Authorizer {
  const clock: Clock = { now: () => Date.now() };
  const { secret } = awsOver(httpClient());
  return { secrets: originSecrets(secretsOf(secret, readAuthorizerEnvironment()), clock), clock };
}
