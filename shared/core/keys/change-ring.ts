// Changing a ring that others may change too: by its version, again on what they left.
import { BrokerError } from '../errors.ts';
import type { Ring } from '../key-ring.ts';
import type { KeyUse } from '../ports.ts';
import type { Operator } from './operator.ts';

const attempts = 8;

/** `change` answers the ring itself when there is nothing to do. Returns what is stored now. */
export async function changeRing(
  { rings }: Pick<Operator, 'rings'>,
  use: KeyUse,
  change: (ring: Ring) => Ring,
): Promise<Ring> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const ring = await rings.read(use);
    const next = change(ring);
    if (next === ring) return ring;
    if (await rings.replace(next)) return { ...next, version: next.version + 1 };
  }
  throw new BrokerError('store_unavailable', `the ${use} ring changes all the time`);
}
