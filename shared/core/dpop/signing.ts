// What the core adds to a signer of KMS: a limit of signatures under way, the reason why a key does not sign, and the
// check that it is the session's key.
import { BrokerError, NotSigned, retrySoon } from '#core/errors.ts';
import type { KeyRing, SessionRecord, Signer, SigningKey } from '#core/ports.ts';

/** The key that a session is pinned to. Its thumbprint is in every token, so no other key may take its place. */
export async function pinnedKey(
  { signer }: { signer: Signer },
  { id, jkt }: Pick<SessionRecord['key'], 'id' | 'jkt'>,
): Promise<SigningKey> {
  const key = await signer.key(id);
  if (key.jkt === jkt) return key;
  throw new NotSigned('the pinned key has another thumbprint');
}

/** An operator took the key out. A session that is pinned to it ends; a sign-in takes another key. */
export class KeyDisabled extends BrokerError {
  constructor(cause: unknown) {
    super('session_expired', 'the key of the session was disabled', { cause });
  }
}

/**
 * Explains why a key does not sign. KMS only refuses. The ring tells whether an operator took the key out: then the
 * session is over and its user signs in again. Otherwise the caller tries again in a moment. The ring is read only after
 * a signature failed, and then past its cache.
 */
export function pinnedSigner(signer: Signer, keyRing: KeyRing): Signer {
  const explained = async (id: string, fault: unknown): Promise<unknown> => {
    if (!(fault instanceof NotSigned)) return fault;
    keyRing.doubt();
    const over = await keyRing.disabled('dpop', id).catch(() => false);
    return over ? new KeyDisabled(fault) : fault;
  };
  const wrapped = wrappedOnce((key) => ({
    ...key,
    sign: (data) =>
      key.sign(data).catch(async (fault: unknown) => {
        throw await explained(key.id, fault);
      }),
  }));
  return {
    async key(id) {
      const key = await signer.key(id).catch(async (fault: unknown) => {
        throw await explained(id, fault);
      });
      return wrapped(key);
    },
  };
}

export interface SigningLimits {
  atOnce: number;
  waiting: number;
}

/**
 * Limits the signatures under way, so that one environment never floods KMS, whose quota is shared by the account. A
 * few requests above the limit wait a little; more are told to come back.
 */
export function limitedSigner(
  signer: Signer,
  limits: SigningLimits = { atOnce: 16, waiting: 64 },
): Signer {
  const turn = semaphore(limits);
  const wrapped = wrappedOnce((key) => ({ ...key, turn }));
  return { key: async (id) => wrapped(await signer.key(id)) };
}

/** Each key is wrapped once, so that whatever is remembered of a key (its JWS header) is found again. */
function wrappedOnce(wrap: (key: SigningKey) => SigningKey): (key: SigningKey) => SigningKey {
  const known = new WeakMap<SigningKey, SigningKey>();
  return (key) => {
    const same = known.get(key) ?? wrap(key);
    known.set(key, same);
    return same;
  };
}

function semaphore({ atOnce, waiting }: SigningLimits): () => Promise<() => void> {
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
  new NotSigned('this environment has too many signatures under way', { headers: retrySoon() });
