// What is signed with whatever key is active. An environment goes by what it read of the ring for a while; where a
// key was taken out since, its signature fails, the ring is read again, and the key that is active now takes its place.
import type { Broker } from './broker.ts';
import { BrokerError, soon } from './errors.ts';
import { KeyDisabled } from './pinned-signer.ts';
import type { KeyUse, SigningKey } from './ports.ts';

/** `work` runs once more if its key did not sign and another one is active. It must be able to start over. */
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

/** No session is over because the active key was taken out: whoever begins one comes back in a moment. */
const withoutSession = (fault: unknown): unknown =>
  fault instanceof KeyDisabled
    ? new BrokerError('signer_unavailable', 'the active key was taken out', {
        cause: fault,
        headers: soon(),
      })
    : fault;

export const didNotSign = (fault: unknown): boolean =>
  fault instanceof KeyDisabled ||
  (fault instanceof BrokerError && fault.code === 'signer_unavailable');
