// Changes a ring that others may change at the same time. Each write compares versions; when somebody else was first,
// the change is made again on their ring.
import { BrokerError } from '#core/errors.ts';
import type { KeyUse } from '#core/ports.ts';
import type { Operator } from './operator.ts';
import type { Ring } from './ring.ts';

const attempts = 8;

/** `change` returns the ring itself when there is nothing to do. Returns what is stored now. */
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
  throw new BrokerError('store_unavailable', `the ${use} ring keeps changing`);
}
