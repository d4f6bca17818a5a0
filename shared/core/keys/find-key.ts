// How an operator names a key: by the beginning of its id. Full ids and ARNs work too, but are never shown.

import type { KeyUse } from '#core/ports.ts';
import type { Operator } from './operator.ts';
import { type OperatorOutcome, refused } from './outcome.ts';
import type { Ring, RingKey } from './ring.ts';

export const keyUses: readonly KeyUse[] = ['dpop', 'assertion'];

/** A deployment has an assertion key, whatever its configuration says about clientAuth. */
export const isUseNeeded = ({ config }: Pick<Operator, 'config'>, use: KeyUse): boolean =>
  use === 'dpop' || config.clientAuth === 'private_key_jwt';

/** The short name of an ARN: `mrk-1a2b3c4d` of `arn:aws:kms:eu-central-1:111122223333:key/mrk-1a2b3c4d…`. */
export const keyName = (id: string): string => lastPart(id).slice(0, 12);

const lastPart = (id: string) => id.slice(id.lastIndexOf('/') + 1);

export interface FoundKey {
  use: KeyUse;
  id: string;
  ring: Ring;
  /** Undefined for a key of this broker that is in no ring. */
  key: RingKey | undefined;
}

/** Looks in the rings first, then among the keys of this broker that no ring knows. */
export async function findKey(
  { rings, admin }: Pick<Operator, 'rings' | 'admin'>,
  wanted: string,
): Promise<FoundKey | OperatorOutcome> {
  const read = await Promise.all(keyUses.map((use) => rings.read(use)));
  const inRings = read.flatMap((ring) =>
    ring.keys
      .filter(({ id }) => isNamed(id, wanted))
      .map((key) => ({ use: ring.use, id: key.id, ring, key })),
  );
  const found =
    inRings.length > 0
      ? inRings
      : (await admin.ours())
          .filter(({ id }) => isNamed(id, wanted))
          .map(({ id, use }) => ({ use, id, ring: ringFor(read, use), key: undefined }));
  const [first, second] = found;
  if (!first) {
    const short = isShort(wanted) ? ' Name it by at least six characters after mrk-.' : '';
    const names = read.flatMap(({ keys }) => keys.map(({ id }) => keyName(id))).join(', ');
    return refused('unknown_key', `There is no key ${shown(wanted)}.${short} There are: ${names}.`);
  }
  return second
    ? refused('ambiguous_key', `More than one key begins with ${shown(wanted)}.`)
    : first;
}

const shown = (wanted: string) => keyName(wanted.replace(/[^\w:/-]/g, '?'));

/** At least six characters: a shorter beginning would soon match another key as well. */
function isNamed(id: string, wanted: string): boolean {
  if (id === wanted || lastPart(id) === wanted) return true;
  const name = wanted.startsWith('mrk-') ? wanted : `mrk-${wanted}`;
  return !isShort(wanted) && lastPart(id).startsWith(name);
}

const isShort = (wanted: string) => wanted.replace('mrk-', '').length < 6;

function ringFor(rings: Ring[], use: KeyUse): Ring {
  const ring = rings.find((one) => one.use === use);
  if (!ring) throw new RangeError(`there is no ring for ${use}`);
  return ring;
}
