// Runs work that signs with the active key. An environment remembers for a while which key is active. If that key has
// been taken out since, its signature fails: the ring is read again, and the work runs with the key that is active now.
import type { Broker } from '#core/broker.ts';
import { NotSigned, retrySoon } from '#core/errors.ts';
import type { KeyUse, SigningKey } from '#core/ports.ts';
import { KeyDisabled } from './signing.ts';

/** Runs `work` a second time if its key did not sign and another key is active. `work` must be able to start over. */
export async function withActiveKey<T>(
  { signer, keyRing }: Pick<Broker, 'signer' | 'keyRing'>,
  use: KeyUse,
  work: (key: SigningKey) => Promise<T>,
): Promise<T> {
  const id = await keyRing.active(use);
  try {
    return await work(await signer.key(id));
  } catch (fault) {
    if (!didNotSign(fault)) throw fault;
    const now = await keyRing.active(use);
    if (now === id) throw withoutSession(fault);
    try {
      return await work(await signer.key(now));
    } catch (again) {
      throw withoutSession(again);
    }
  }
}

/** Taking out the active key ends no session that is about to begin: the caller tries again in a moment. */
const withoutSession = (fault: unknown): unknown =>
  fault instanceof KeyDisabled
    ? new NotSigned('the active key was taken out', {
        cause: fault,
        headers: retrySoon(),
      })
    : fault;

export const didNotSign = (fault: unknown): boolean =>
  fault instanceof KeyDisabled || fault instanceof NotSigned;
