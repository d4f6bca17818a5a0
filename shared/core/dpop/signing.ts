// Explains why a session's key does not sign. KMS only refuses. The ring tells whether an operator took the key out:
// then the session is over and its user signs in again. Otherwise the caller tries again in a moment. The ring is read
// only after a signature failed, and then anew.
import { BrokerError } from '#core/errors.ts';
import type { KeyRing, Signer, SigningKey } from '#core/ports.ts';

/** An operator took the key out. A session that is pinned to it ends; a sign-in takes another key. */
export class KeyDisabled extends BrokerError {
  constructor(cause: unknown) {
    super('session_expired', 'the key of the session was disabled', { cause });
  }
}

export function pinnedSigner(signer: Signer, keyRing: KeyRing): Signer {
  const known = new WeakMap<SigningKey, SigningKey>();

  const explained = async (id: string, fault: unknown): Promise<unknown> => {
    if (!(fault instanceof BrokerError) || fault.code !== 'signer_unavailable') return fault;
    keyRing.doubt();
    const over = await keyRing.disabled('dpop', id).catch(() => false);
    return over ? new KeyDisabled(fault) : fault;
  };

  const pinned = (key: SigningKey): SigningKey => ({
    ...key,
    sign: (data) =>
      key.sign(data).catch(async (fault: unknown) => {
        throw await explained(key.id, fault);
      }),
  });

  return {
    async key(id) {
      const key = await signer.key(id).catch(async (fault: unknown) => {
        throw await explained(id, fault);
      });
      const same = known.get(key) ?? pinned(key);
      known.set(key, same);
      return same;
    },
  };
}
