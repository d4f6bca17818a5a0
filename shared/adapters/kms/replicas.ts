// Signs with the replicas of a multi-Region key, which are the same key elsewhere: same thumbprint, but a quota of
// their own. When the home Region throttles or fails, they sign. For some seconds every signature then starts there, so
// that no signature waits for home in that time.

import { notSigned } from '#adapters/aws/unavailable.ts';
import { idIn } from '#core/lib/key-arn.ts';
import type { Clock, Signer, SigningKey } from '#core/ports.ts';

export interface Replica {
  region: string;
  /** Knows the keys by the ids of its own Region. */
  signer: Signer;
}

export interface ReplicaOptions {
  clock: Clock;
  /** How long home is not asked first after a failure. */
  restMs?: number;
  /** Called when this time begins. */
  onFailover?: () => void;
}

type Ask<T> = (signer: Signer, idThere: (id: string) => string) => Promise<T>;

export function withReplicas(
  home: Signer,
  replicas: readonly Replica[],
  { clock, restMs = 5_000, onFailover = () => {} }: ReplicaOptions,
): Signer {
  if (replicas.length === 0) return home;
  let homeRestsUntil = 0;

  const askHome = async <T>(ask: Ask<T>): Promise<T> => {
    try {
      return await ask(home, (id) => id);
    } catch (fault) {
      if (isOfTheRegion(fault) && clock.now() >= homeRestsUntil) {
        homeRestsUntil = clock.now() + restMs;
        onFailover();
      }
      throw fault;
    }
  };

  const askReplicas = async <T>(ask: Ask<T>): Promise<T> => {
    let last: unknown;
    for (const { region, signer } of replicas) {
      try {
        return await ask(signer, (id) => idIn(region, id));
      } catch (fault) {
        last = fault;
      }
    }
    throw last;
  };

  const anywhere = async <T>(ask: Ask<T>): Promise<T> => {
    if (clock.now() < homeRestsUntil) return askReplicas(ask).catch(() => askHome(ask));
    return askHome(ask).catch((fault: unknown) => {
      // A key that is disabled at home must not sign elsewhere.
      if (!isOfTheRegion(fault)) throw fault;
      return askReplicas(ask).catch(() => {
        throw fault;
      });
    });
  };

  const keys = new Map<string, SigningKey>();
  return {
    async key(id) {
      const known = keys.get(id);
      if (known) return known;
      const { alg, jwk, jkt } = await anywhere((signer, idThere) => signer.key(idThere(id)));
      const key: SigningKey = {
        id,
        alg,
        jwk,
        jkt,
        sign: (data) =>
          anywhere(async (signer, idThere) => {
            const there = await signer.key(idThere(id));
            if (there.jkt === jkt) return there.sign(data);
            throw notSigned('KMS replica', new AnotherKey());
          }),
      };
      // When several callers asked together, the first one's answer counts: the key is the same for all.
      const first = keys.get(id) ?? key;
      keys.set(id, first);
      return first;
    },
  };
}

class AnotherKey extends Error {
  override name = 'AnotherKey';
}

/** Turns a signer for one Region into one that accepts the ids of home. */
export const inRegion = (region: string, signer: Signer): Signer => ({
  key: (id) => signer.key(idIn(region, id)),
});

/**
 * Turns a signer for this Region into one that knows a multi-Region key by its name in any Region: a session that began in
 * another one names the key there. The name that was asked for stays the key's name, because the ring knows it by that.
 */
export function hereByAnyName(region: string, signer: Signer): Signer {
  if (region === '') return signer;
  const foreign = new Map<string, SigningKey>();
  return {
    async key(id) {
      const known = foreign.get(id);
      if (known) return known;
      const idHere = idIn(region, id);
      if (idHere === id) return signer.key(id);
      const key = { ...(await signer.key(idHere)), id };
      foreign.set(id, key);
      return key;
    },
  };
}

/** Names of causes that concern the key, or us, but not the Region. */
const aboutTheKey = new Set([
  'DisabledException',
  'KMSInvalidStateException',
  'NotFoundException',
  'AccessDeniedException',
  'InvalidKeyUsageException',
  'InvalidArnException',
  'ValidationException',
  'WrongKey',
  'AnotherKey',
]);

function isOfTheRegion(fault: unknown): boolean {
  const cause = fault instanceof Error ? fault.cause : undefined;
  return cause instanceof Error && !aboutTheKey.has(cause.name);
}
