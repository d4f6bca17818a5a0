// Sessions in DynamoDB: single items, and every write has a condition, so that an ended session stays ended. A write
// that is repeated because its answer was lost recognises its own work: its condition holds again, or, for a delete,
// the item is gone and the request was repeated.

import type { Dynamodb } from '#adapters/aws/dynamodb.ts';
import { BrokerError } from '#core/errors.ts';
import type { SessionStore } from '#core/ports.ts';
import { deviceAttributes } from './device-attributes.ts';
import {
  attributeOf,
  conditionalDelete,
  conditionalRequest,
  expressionParts,
  type Item,
  secondsNow,
  type Table,
  tableRequest,
  type Value,
} from './items.ts';
import { findLive } from './session-index.ts';
import {
  hasSession,
  isLive,
  keyOf,
  noncesItem,
  readQuery,
  sessionItem,
  storedSession,
  streamName,
} from './session-item.ts';

export function sessionStore(dynamodb: Dynamodb, table: Table): SessionStore {
  const TableName = table.name;

  /** Returns true when the condition held. */
  const update = async (
    id: string,
    change: string,
    condition: string,
    values: Record<string, Value>,
  ): Promise<boolean> => {
    const updated = await conditionalRequest(dynamodb, 'UpdateItem', {
      TableName,
      Key: keyOf(id),
      UpdateExpression: change,
      ConditionExpression: condition,
      ...expressionParts([change, condition], values),
    });
    return updated !== undefined;
  };

  const itemsOf = async (id: string): Promise<Item[]> =>
    (await tableRequest(dynamodb, 'Query', readQuery(TableName, id))).Items ?? [];

  return {
    async read(id) {
      return storedSession(id, await itemsOf(id), secondsNow(table));
    },

    // Nonces first: an existing session always has its item for nonces.
    async create(session, nonces = {}) {
      await tableRequest(dynamodb, 'PutItem', { TableName, Item: noncesItem(session, nonces) });
      const condition = 'attribute_not_exists(#pk) OR #sealed = :sealed';
      const created = await conditionalRequest(dynamodb, 'PutItem', {
        TableName,
        Item: sessionItem(session),
        ConditionExpression: condition,
        ...expressionParts([condition], { sealed: session.sealed }),
      });
      if (!created) throw new BrokerError('internal', 'a session with this id exists');
    },

    touch: (id, lastSeenAt) =>
      update(
        id,
        'SET #lastSeenAt = :at, #idleEndsAt = #idleSeconds + :at',
        `#lastSeenAt <= :at AND ${isLive}`,
        { at: lastSeenAt, now: secondsNow(table) },
      ),

    takeLease: (id, version, { owner, until }) =>
      update(
        id,
        'SET #leaseOwner = :owner, #leaseUntil = :until',
        `#version = :version AND ${isLive} AND
          (attribute_not_exists(#leaseOwner) OR #leaseUntil <= :now OR #leaseOwner = :owner)`,
        { version, owner, until, now: secondsNow(table) },
      ),

    replaceTokens(id, { owner, version }, { sealed, key, index = {} }) {
      const hashes = Object.keys(index).map((name) => `, #${name} = :${name}`);
      return update(
        id,
        `SET #version = :next, #sealed = :sealed, #keyId = :keyId, #jkt = :jkt, #alg = :alg${hashes.join('')}
          REMOVE #leaseOwner, #leaseUntil`,
        `${isLive} AND ((#leaseOwner = :owner AND #version = :version) OR
          (#version = :next AND #sealed = :sealed AND attribute_not_exists(#leaseOwner)))`,
        {
          owner,
          version,
          next: version + 1,
          sealed,
          keyId: key.id,
          jkt: key.jkt,
          alg: key.alg,
          ...index,
          now: secondsNow(table),
        },
      );
    },

    async freeLease(id, owner) {
      await update(id, 'REMOVE #leaseOwner, #leaseUntil', '#leaseOwner = :owner', { owner });
    },

    async countStepUp(id, stepUps) {
      await update(id, 'SET #stepUps = :stepUps', isLive, { stepUps, now: secondsNow(table) });
    },

    bindDevice(id, challengeSecret, next) {
      const attributes = deviceAttributes(next);
      const change = Object.keys(attributes).map((name) => `#${name} = :${name}`);
      return update(
        id,
        `SET ${change.join(', ')}`,
        `${isLive} AND
          (#deviceChallengeSecret = :held OR #deviceChallengeSecret = :deviceChallengeSecret)`,
        { ...attributes, held: challengeSecret, now: secondsNow(table) },
      );
    },

    async end(id, version) {
      const condition = version === undefined ? 'attribute_exists(#pk)' : '#version = :version';
      const deletion = await conditionalDelete(dynamodb, {
        TableName,
        Key: keyOf(id),
        ConditionExpression: condition,
        ...expressionParts([condition], version === undefined ? {} : { version }),
      });
      if (deletion !== 'deleted') {
        if (version !== undefined && hasSession(await itemsOf(id))) return 'moved';
        if (deletion === 'refused') return 'gone';
      }
      const beside = { TableName, Key: keyOf(id, 'nonces') };
      // The session has ended anyway; the table cleans up.
      await dynamodb('DeleteItem', beside).catch(() => undefined);
      return 'ended';
    },

    async saveNonce(id, name, nonce) {
      await conditionalRequest(dynamodb, 'UpdateItem', {
        TableName,
        Key: keyOf(id, 'nonces'),
        UpdateExpression: 'SET #nonce = :nonce',
        ConditionExpression: 'attribute_exists(#pk)',
        ExpressionAttributeNames: { '#nonce': name, '#pk': 'pk' },
        ExpressionAttributeValues: { ':nonce': { S: nonce } },
      });
    },

    async takeStream(id, place, begun, before) {
      const change = 'SET #place = :begun';
      const condition = `attribute_exists(#pk) AND
        (attribute_not_exists(#place) OR #place < :before OR #place = :begun)`;
      const taken = await conditionalRequest(dynamodb, 'UpdateItem', {
        TableName,
        Key: keyOf(id, 'nonces'),
        UpdateExpression: change,
        ConditionExpression: condition,
        ExpressionAttributeNames: { '#pk': 'pk', '#place': streamName(place) },
        ExpressionAttributeValues: { ':begun': attributeOf(begun), ':before': attributeOf(before) },
      });
      return taken !== undefined;
    },

    async freeStream(id, place, begun) {
      await conditionalRequest(dynamodb, 'UpdateItem', {
        TableName,
        Key: keyOf(id, 'nonces'),
        UpdateExpression: 'REMOVE #place',
        ConditionExpression: '#place = :begun',
        ExpressionAttributeNames: { '#place': streamName(place) },
        ExpressionAttributeValues: { ':begun': attributeOf(begun) },
      });
    },

    async *find(by, value) {
      for await (const { id } of findLive(dynamodb, table, by, value)) yield id;
    },
  };
}
