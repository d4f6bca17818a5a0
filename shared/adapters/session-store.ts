// Sessions in DynamoDB: single items, every write on a condition, so that a session that ended stays ended.
// A write that is repeated because its answer was lost holds its condition again: it finds its own work.
import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { BrokerError } from '../core/errors.ts';
import type { SessionStore } from '../core/ports.ts';
import { always, conditional, expressed, secondsNow, type Table, type Value } from './items.ts';
import { findLive } from './session-index.ts';
import {
  isLive,
  keyOf,
  noncesItem,
  readQuery,
  sessionItem,
  storedSession,
} from './session-item.ts';

export function sessionStore(client: DynamoDBClient, table: Table): SessionStore {
  const TableName = table.name;

  /** True when the condition held. */
  const update = async (
    id: string,
    change: string,
    condition: string,
    values: Record<string, Value>,
  ): Promise<boolean> => {
    const command = new UpdateItemCommand({
      TableName,
      Key: keyOf(id),
      UpdateExpression: change,
      ConditionExpression: condition,
      ...expressed([change, condition], values),
    });
    return (await conditional('UpdateItem', client.send(command))) !== undefined;
  };

  return {
    async read(id) {
      const command = new QueryCommand(readQuery(TableName, id));
      const { Items = [] } = await always('Query', client.send(command));
      return storedSession(id, Items, secondsNow(table));
    },

    // Nonces first: a session that is there has its item of nonces.
    async create(session, nonces = {}) {
      const beside = new PutItemCommand({ TableName, Item: noncesItem(session, nonces) });
      await always('PutItem', client.send(beside));
      const condition = 'attribute_not_exists(#pk) OR #sealed = :sealed';
      const command = new PutItemCommand({
        TableName,
        Item: sessionItem(session),
        ConditionExpression: condition,
        ...expressed([condition], { sealed: session.sealed }),
      });
      if (!(await conditional('PutItem', client.send(command)))) {
        throw new BrokerError('internal', 'there is a session with this id');
      }
    },

    touch: (id, lastSeenAt) =>
      update(
        id,
        'SET #lastSeenAt = :at, #idleEndsAt = #idleSeconds + :at',
        `#lastSeenAt < :at AND ${isLive}`,
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

    replaceTokens: (id, { owner, version }, { sealed, key }) =>
      update(
        id,
        `SET #version = :next, #sealed = :sealed, #keyId = :keyId, #jkt = :jkt, #alg = :alg
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
          now: secondsNow(table),
        },
      ),

    async freeLease(id, owner) {
      await update(id, 'REMOVE #leaseOwner, #leaseUntil', '#leaseOwner = :owner', { owner });
    },

    async countStepUp(id, stepUps) {
      await update(id, 'SET #stepUps = :stepUps', isLive, { stepUps, now: secondsNow(table) });
    },

    async end(id, version) {
      const condition = version === undefined ? 'attribute_exists(#pk)' : '#version = :version';
      const command = new DeleteItemCommand({
        TableName,
        Key: keyOf(id),
        ConditionExpression: condition,
        ...expressed([condition], version === undefined ? {} : { version }),
      });
      const ended = await conditional('DeleteItem', client.send(command));
      if (!ended) return false;
      const beside = new DeleteItemCommand({ TableName, Key: keyOf(id, 'nonces') });
      // It has ended all the same; the table cleans up.
      await client.send(beside).catch(() => undefined);
      return true;
    },

    async saveNonce(id, name, nonce) {
      const command = new UpdateItemCommand({
        TableName,
        Key: keyOf(id, 'nonces'),
        UpdateExpression: 'SET #nonce = :nonce',
        ConditionExpression: 'attribute_exists(#pk)',
        ExpressionAttributeNames: { '#nonce': name, '#pk': 'pk' },
        ExpressionAttributeValues: { ':nonce': { S: nonce } },
      });
      await conditional('UpdateItem', client.send(command));
    },

    async *find(by, value) {
      for await (const { id } of findLive(client, table, by, value)) yield id;
    },
  };
}
