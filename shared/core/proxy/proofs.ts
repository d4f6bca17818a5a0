// Makes the proof of one attempt, for the access token and the URL that are sent with it.
import type { Broker } from '#core/broker.ts';
import { proofFor } from '#core/dpop/proof.ts';
import { BrokerError } from '#core/errors.ts';
import type { SessionRecord } from '#core/ports.ts';
import type { SessionMemory } from './speculation.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Target } from './url/target.ts';

export async function proofOf(
  broker: Broker,
  { method, url }: Target,
  pinned: Pick<SessionRecord['key'], 'id' | 'jkt'>,
  ath: string,
): Promise<string> {
  const key = await broker.signer.key(pinned.id);
  if (key.jkt !== pinned.jkt) {
    throw new BrokerError('signer_unavailable', 'the pinned key has another thumbprint');
  }
  return proofFor(broker, key, { method, url, ath, nonce: broker.nonces.get('rs', url) });
}

/** A proof that was requested before the table confirmed the session. */
export interface Ahead {
  /** Returns the proof if it is still the right one; otherwise it is thrown away. */
  proofFor(key: SessionRecord['key'], ath: string): Promise<string> | undefined;
}

/** Returns undefined unless this environment has seen the session valid with a token for this audience. */
export function signAhead(
  broker: Broker,
  watch: Stopwatch,
  memory: SessionMemory,
  target: Target,
  id: string,
): Ahead | undefined {
  const { audience } = target.route;
  const known = memory.get(id);
  const ath = audience && known?.ath[audience.name];
  if (!known || ath === undefined) return undefined;
  const nonce = broker.nonces.get('rs', target.url);
  const proof = watch.time('signer', proofOf(broker, target, known.key, ath));
  // The table may say first that there is no session: then nobody waits for this proof.
  proof.catch(() => {});
  return {
    proofFor: (key, wanted) =>
      key.id === known.key.id &&
      key.jkt === known.key.jkt &&
      wanted === ath &&
      broker.nonces.get('rs', target.url) === nonce
        ? proof
        : undefined,
  };
}
