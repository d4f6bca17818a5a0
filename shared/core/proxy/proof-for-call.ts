// The proof of one attempt, for the access token and the URL that are sent with it.
import type { Broker } from '#core/broker.ts';
import { proofFor } from '#core/dpop/proof.ts';
import { pinnedKey } from '#core/dpop/signing.ts';
import type { SessionRecord } from '#core/ports.ts';
import type { Target } from './url/target.ts';

export async function proofForCall(
  broker: Broker,
  { method, url }: Target,
  pinned: Pick<SessionRecord['key'], 'id' | 'jkt'>,
  ath: string,
): Promise<string> {
  const key = await pinnedKey(broker, pinned);
  return proofFor(broker, key, { method, url, ath, nonce: broker.nonces.get('rs', url) });
}
