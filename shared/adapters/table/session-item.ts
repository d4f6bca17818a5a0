// A session in the table: its own item, and a small item for nonces in the same partition. So one consistent query
// reads both, and a new nonce does not rewrite the tokens.
import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Nonces, SessionRecord, StoredSession } from '#core/ports.ts';
import { deviceAttributes, deviceOf } from './device-attributes.ts';
import { bytesIn, type Item, itemOf, numberIn, oneOfIn, optionalTextIn, textIn } from './items.ts';
import { partitions } from './schema.ts';

const sortKeys = { session: 'session', nonces: 'nonces' } as const;

export const partitionOf = (id: string): string => `${partitions.session}${id}`;
export const idOf = (partition: string): string => partition.slice(partitions.session.length);

export const keyOf = (id: string, part: keyof typeof sortKeys = 'session') =>
  itemOf({ pk: partitionOf(id), sk: sortKeys[part] });

/** True while a session lives, at `now`. Idle ends are stored, because conditions cannot add. */
export const isLive = '#idleEndsAt > :now AND #expiresAt > :now';

export const sessionItem = (session: SessionRecord): Item => ({
  ...keyOf(session.id),
  ...itemOf({
    version: session.version,
    sealed: session.sealed,
    keyId: session.key.id,
    jkt: session.key.jkt,
    alg: session.key.alg,
    subject: session.index.subject,
    sid: session.index.sid,
    email: session.index.email,
    createdAt: session.createdAt,
    lastSeenAt: session.lastSeenAt,
    idleSeconds: session.idleSeconds,
    idleEndsAt: session.lastSeenAt + session.idleSeconds,
    expiresAt: session.expiresAt,
    ttl: session.expiresAt,
    leaseOwner: session.lease?.owner,
    leaseUntil: session.lease?.until,
    stepUps: session.stepUps,
    ...(session.device && deviceAttributes(session.device)),
  }),
});

export const noncesItem = ({ id, expiresAt }: SessionRecord, nonces: Nonces): Item => ({
  // Their names contain a bar, so that they never clash with our own attributes.
  ...itemOf(nonces),
  ...keyOf(id, 'nonces'),
  ...itemOf({ ttl: expiresAt }),
});

export const readQuery = (table: string, id: string): QueryCommandInput => ({
  TableName: table,
  ConsistentRead: true,
  KeyConditionExpression: '#pk = :pk',
  ExpressionAttributeNames: partitionName,
  ExpressionAttributeValues: { ':pk': { S: partitionOf(id) } },
});

const partitionName = { '#pk': 'pk' };

/** Tells whether the item still exists, even if the session is over. */
export const hasSession = (items: readonly Item[]): boolean =>
  items.some(({ sk }) => sk?.S === sortKeys.session);

/** Reads both items of a partition. Returns undefined when the session is gone or has ended. */
export function storedSession(
  id: string,
  items: readonly Item[],
  now: number,
): StoredSession | undefined {
  const item = items.find(({ sk }) => sk?.S === sortKeys.session);
  if (!item || numberIn(item, 'idleEndsAt') <= now || numberIn(item, 'expiresAt') <= now) {
    return undefined;
  }
  const nonces = items.find(({ sk }) => sk?.S === sortKeys.nonces);
  const streams = nonces && streamsOf(nonces);
  return {
    session: sessionOf(id, item),
    nonces: nonces ? noncesOf(nonces) : {},
    ...(streams && { streams }),
  };
}

function sessionOf(id: string, item: Item): SessionRecord {
  const sid = optionalTextIn(item, 'sid');
  const email = optionalTextIn(item, 'email');
  const owner = optionalTextIn(item, 'leaseOwner');
  const device = deviceOf(item);
  return {
    id,
    version: numberIn(item, 'version'),
    sealed: bytesIn(item, 'sealed'),
    key: {
      id: textIn(item, 'keyId'),
      jkt: textIn(item, 'jkt'),
      alg: oneOfIn(item, 'alg', ['ES256', 'RS256']),
    },
    index: {
      subject: textIn(item, 'subject'),
      ...(sid !== undefined && { sid }),
      ...(email !== undefined && { email }),
    },
    createdAt: numberIn(item, 'createdAt'),
    lastSeenAt: numberIn(item, 'lastSeenAt'),
    idleSeconds: numberIn(item, 'idleSeconds'),
    expiresAt: numberIn(item, 'expiresAt'),
    ...(owner !== undefined && { lease: { owner, until: numberIn(item, 'leaseUntil') } }),
    stepUps: numberIn(item, 'stepUps'),
    ...(device && { device }),
  };
}

function noncesOf(item: Item): Nonces {
  const nonces: Nonces = {};
  for (const [name, value] of Object.entries(item) as [string, AttributeValue][]) {
    if (name.includes('|') && value.S !== undefined) nonces[name] = value.S;
  }
  return nonces;
}

const streamNames = /^stream(\d+)$/;

/** The item for nonces also lists the streams that are open. */
export const streamName = (place: number): string => `stream${place}`;

/** Returns undefined when there are none, which is nearly always. */
function streamsOf(item: Item): Record<number, number> | undefined {
  let streams: Record<number, number> | undefined;
  for (const name in item) {
    const place = streamNames.exec(name)?.[1];
    if (place !== undefined) streams = { ...streams, [Number(place)]: numberIn(item, name) };
  }
  return streams;
}
