// Two Regions over one table and the same keys, as a global table with strong consistency and multi-Region keys are. The
// second is another system, whose functions say that they run elsewhere; the first can die at any of its calls to AWS.
import type { AwsCall, AwsFault } from '#infra/local/aws/endpoint.ts';
import { region as home } from '#infra/local/gateway/lambda/variables.ts';
import { type System, type SystemOptions, startSystem } from '#infra/local/run/system.ts';
import { part } from './running.ts';

export const away = 'eu-west-1';

/** The second Region. Browsers know only the first one's origin, which then leads here. */
export async function secondRegion(first: System, options: SystemOptions = {}): Promise<System> {
  const { issuer } = part(first.okta);
  const { publicOrigin, clientId, scopes } = first.config;
  return startSystem({
    port: 0,
    lambdaPort: 0,
    ...options,
    config: {
      issuer,
      clientId,
      publicOrigin,
      scopes: [...scopes],
      routes: [{ path: '/bff/api/v1/*', upstream: `${issuer}/api/v1`, stream: false }],
    },
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: part(first.dynamodb).url,
      AWS_ENDPOINT_URL_KMS: part(first.kms).url,
      AWS_REGION: away,
    },
    // A second deployment is told which keys the first one made.
    variables: { BFF_DPOP_KEY: first.keys.dpop, BFF_ASSERTION_KEY: first.keys.assertion },
  });
}

export type When = 'before' | 'after';

/** The calls of the first Region to its table and keys, and its death at one of them. */
export function mortal({ dynamodb, kms }: Pick<System, 'dynamodb' | 'kms'>) {
  let death: { at: number; when: When } | undefined;
  let calls: string[] = [];
  let dead = false;
  const fault = ({ region, operation }: AwsCall): AwsFault | undefined => {
    if (region !== home) return undefined;
    if (dead) return 'hang_up';
    calls.push(operation);
    if (calls.length !== death?.at) return undefined;
    dead = true;
    return death.when === 'before' ? 'hang_up' : 'lose_answer';
  };
  return {
    /** The calls of a life. */
    async living(what: () => Promise<unknown>): Promise<string[]> {
      begin();
      await what();
      return calls;
    },
    /** From its call number `at` on, nothing leaves the Region or comes to it. Returns false if it lived. */
    async dying(at: number, when: When, what: () => Promise<unknown>): Promise<boolean> {
      begin({ at, when });
      await what();
      const died = dead;
      begin();
      return died;
    },
  };

  function begin(next?: { at: number; when: When }) {
    death = next;
    calls = [];
    dead = false;
    for (const one of [dynamodb, kms]) part(one).faults.fault = fault;
  }
}
