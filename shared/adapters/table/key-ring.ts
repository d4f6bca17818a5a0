// The key ring in DynamoDB: one item per use, replaced by comparing versions and read through a short cache. So an
// environment notices a rotation within half a minute, and at once when a key does not sign.
import { randomUUID } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import { NotSigned, retrySoon } from '#core/errors.ts';
import {
  activeKey,
  firstRing,
  publishedKeys,
  type Ring,
  type RingKey,
  type RingStore,
  type Rotation,
  rotationSteps,
  transitions,
} from '#core/keys/ring.ts';
import type { Clock, KeyRing, KeyState, KeyUse } from '#core/ports.ts';
import {
  conditionalRequest,
  expressionParts,
  itemOf,
  numberIn,
  oneOfIn,
  type Table,
  tableRequest,
  textIn,
} from './items.ts';
import { partitions } from './schema.ts';

/** The time between two reads of a doubtful ring. It grows while they bring no news, however many signatures fail. */
const patienceMs = { first: 100, longest: 5_000 };

export function keyRing(store: RingStore, clock: Clock, keptMs = 30_000): KeyRing {
  const kept = new Map<KeyUse, { ring: Promise<Ring>; until: number }>();
  const versions = new Map<KeyUse, number>();
  let doubtedAt = Number.NEGATIVE_INFINITY;
  let patience = 0;
  const noted = (ring: Ring): Ring => {
    if (versions.get(ring.use) !== ring.version) patience = 0;
    versions.set(ring.use, ring.version);
    return ring;
  };
  const ringOf = (use: KeyUse): Promise<Ring> => {
    const known = kept.get(use);
    if (known && clock.now() < known.until) return known.ring;
    const ring = store.read(use).then(noted, (fault: unknown) => {
      kept.delete(use);
      throw fault;
    });
    kept.set(use, { ring, until: clock.now() + keptMs });
    return ring;
  };
  const doubt = (): void => {
    const { first, longest } = patienceMs;
    const quiet = clock.now() - doubtedAt;
    if (quiet < patience) return;
    patience = quiet > longest ? first : Math.min(Math.max(first, patience * 2), longest);
    doubtedAt = clock.now();
    kept.clear();
  };
  const activeIn = async (use: KeyUse) => activeKey(await ringOf(use));
  return {
    async active(use) {
      let key = await activeIn(use);
      if (key === undefined) {
        // A key that has just become active must not wait for our cache.
        doubt();
        key = await activeIn(use);
      }
      if (key !== undefined) return key;
      throw new NotSigned(`no ${use} key is active`, { headers: retrySoon() });
    },
    published: async (use) => publishedKeys(await ringOf(use)),
    async disabled(use, id) {
      const { keys } = await ringOf(use);
      return keys.some((key) => key.id === id && key.state === 'disabled');
    },
    doubt,
  };
}

export function ringStore(
  dynamodb: Dynamodb,
  table: Table & { firstKeys: Record<KeyUse, string> },
): RingStore {
  const TableName = table.name;
  const keyOf = (use: KeyUse) => itemOf({ pk: partitions.ring, sk: use });
  return {
    async read(use) {
      const { Item: item } = await tableRequest(dynamodb, 'GetItem', {
        TableName,
        Key: keyOf(use),
        ConsistentRead: true,
      });
      if (!item) return firstRing(use, table.firstKeys[use]);
      const keys = Object.entries(item.keys?.M ?? {}).map(([id, key]) => ringKey(id, key));
      return {
        use,
        version: numberIn(item, 'version'),
        keys: keys.sort(byAge),
        ...(item.rotation && { rotation: rotationOf(item.rotation) }),
        ...(item.countedSince && { countedSince: numberIn(item, 'countedSince') }),
      };
    },

    async replace({ use, version, keys, rotation, countedSince }) {
      const writer = randomUUID();
      const condition =
        version === 0
          ? 'attribute_not_exists(#pk) OR #writer = :writer'
          : '#version = :version OR #writer = :writer';
      const replaced = await conditionalRequest(dynamodb, 'PutItem', {
        TableName,
        Item: {
          ...keyOf(use),
          ...itemOf({ version: version + 1, writer, countedSince }),
          keys: { M: Object.fromEntries(keys.map(({ id, ...key }) => [id, { M: itemOf(key) }])) },
          ...(rotation && { rotation: { M: itemOf({ ...rotation }) } }),
        },
        ConditionExpression: condition,
        ...expressionParts([condition], { writer, ...(version > 0 && { version }) }),
      });
      return replaced !== undefined;
    },
  };
}

function ringKey(id: string, { M: item = {} }: AttributeValue): RingKey {
  return {
    id,
    state: oneOfIn(item, 'state', states),
    since: numberIn(item, 'since'),
    ...(item.was && { was: oneOfIn(item, 'was', states) }),
    ...(item.retiringSince && { retiringSince: numberIn(item, 'retiringSince') }),
    ...(item.bakedAt && { bakedAt: numberIn(item, 'bakedAt') }),
    ...(item.deletionAt && { deletionAt: numberIn(item, 'deletionAt') }),
  };
}

function rotationOf({ M: item = {} }: AttributeValue): Rotation {
  return {
    id: textIn(item, 'id'),
    step: oneOfIn(item, 'step', rotationSteps),
    stepSince: numberIn(item, 'stepSince'),
    ...(item.key && { key: textIn(item, 'key') }),
    spec: oneOfIn(item, 'spec', ['ECC_NIST_P256', 'RSA_2048']),
    startedAt: numberIn(item, 'startedAt'),
    by: textIn(item, 'by'),
    reason: textIn(item, 'reason'),
    driver: textIn(item, 'driver'),
    heldUntil: numberIn(item, 'heldUntil'),
  };
}

const states = Object.keys(transitions) as KeyState[];

const byAge = (a: RingKey, b: RingKey) => a.since - b.since || (a.id < b.id ? -1 : 1);
