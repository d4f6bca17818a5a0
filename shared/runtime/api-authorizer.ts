// The composition root of the authorizer of somebody's own API. It has no session, no signing key and no client.
import { httpClient } from '#adapters/http/client.ts';
import { fetchOver } from '#adapters/http/fetch.ts';
import { upstream } from '#adapters/http/upstream.ts';
import { dynamodbReplay } from '#adapters/table/replay.ts';
import type { Clock } from '#core/ports.ts';
import {
  type NonceIssuer,
  type ReplayStore,
  requestVerifier,
  timeNonces,
  type VerifyRequest,
} from '#core/resource-server/request-verifier.ts';
import type { ApiAuthorizerConfig } from '#shared/config/api-authorizer.ts';
import { readApiAuthorizerEnvironment } from '#shared/config/environment.ts';
import { awsOver } from './aws.ts';

export interface ApiAuthorizer {
  config: ApiAuthorizerConfig;
  verify: VerifyRequest;
  /** Undefined with `nonces: 'none'`. */
  nonces: NonceIssuer | undefined;
  clock: Clock;
}

export function apiAuthorizer(): ApiAuthorizer {
  const { api: config, replayTable, nonceKey } = readApiAuthorizerEnvironment();
  const clock: Clock = { now: () => Date.now() };
  const { dynamodb, mac } = awsOver(httpClient());
  const nonces =
    nonceKey === undefined
      ? undefined
      : timeNonces({ clock, macs: [(message) => mac(nonceKey, message)] });
  const replay: ReplayStore =
    replayTable === undefined
      ? { use: async () => true }
      : dynamodbReplay((put) => dynamodb('PutItem', put), { table: replayTable });
  const verify = requestVerifier(
    // Where the integration answers the challenge, the nonce comes last (functions/api-authorizer.ts).
    {
      fetch: fetchOver(upstream()),
      clock,
      replay,
      nonces: config.nonces === 'gateway' ? nonces : undefined,
    },
    {
      issuer: config.issuer,
      audience: config.audience,
      bearer: config.bearer,
      jwksUri: config.jwksUri,
      ...(config.publicUrl === undefined
        ? // API Gateway itself says by which of its names it was reached.
          { trustHost: true }
        : { publicUrl: config.publicUrl }),
    },
  );
  return { config, verify, nonces, clock };
}
