// Limits the signatures under way, so that one environment never floods KMS, whose quota is shared by the account. A
// few requests above the limit wait a little; more are told to come back.
import { BrokerError, soon } from '#core/errors.ts';
import type { Signer, SigningKey } from '#core/ports.ts';

export interface Limits {
  atOnce: number;
  waiting: number;
}

export function limitedSigner(
  signer: Signer,
  limits: Limits = { atOnce: 16, waiting: 64 },
): Signer {
  const turn = semaphore(limits);
  const known = new WeakMap<SigningKey, SigningKey>();
  return {
    async key(id) {
      const key = await signer.key(id);
      let one = known.get(key);
      if (!one) {
        one = { ...key, turn };
        known.set(key, one);
      }
      return one;
    },
  };
}

function semaphore({ atOnce, waiting }: Limits): () => Promise<() => void> {
  let held = 0;
  const queue: (() => void)[] = [];
  const release = () => {
    const next = queue.shift();
    if (next) next();
    else held -= 1;
  };
  return async () => {
    if (held < atOnce) held += 1;
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve));
    else throw tooMany();
    return release;
  };
}

const tooMany = () =>
  new BrokerError('signer_unavailable', 'this environment has too many signatures under way', {
    headers: soon(),
  });
