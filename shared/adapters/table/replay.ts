// Used DPoP proofs in DynamoDB, shared by all environments of an API: one conditional put per request, no read. The
// partition key is a hash, so the load spreads over all partitions. The table has the partition key `pk` and nothing
// else, and `ttl` as its time to live.
import { randomBytes } from 'node:crypto';
import type { ReplayStore } from '#core/resource-server/request-verifier.ts';

/** A PutItem request in DynamoDB's own form. */
export interface ReplayPut {
  /** The table of used proofs. */
  TableName: string;
  /** The hash of the proof, and when it may be forgotten. */
  Item: Record<string, { S: string } | { N: string }>;
  /** Holds when the proof is new. */
  ConditionExpression: string;
  /** The names in the condition. */
  ExpressionAttributeNames: Record<string, string>;
  /** The values in the condition. */
  ExpressionAttributeValues: Record<string, { S: string }>;
}

/** `put` fails with the name ConditionalCheckFailedException when the condition does not hold, as the SDK does. */
export function dynamodbReplay(
  put: (request: ReplayPut) => Promise<unknown>,
  { table }: { table: string },
): ReplayStore {
  return {
    async use(proof, expiresAt) {
      // When an answer is lost, the client sends the same request again. It finds its own work, which is no replay.
      const use = randomBytes(12).toString('base64url');
      try {
        await put({
          TableName: table,
          Item: { pk: { S: proof }, use: { S: use }, ttl: { N: String(expiresAt) } },
          ConditionExpression: 'attribute_not_exists(#pk) OR #use = :use',
          ExpressionAttributeNames: { '#pk': 'pk', '#use': 'use' },
          ExpressionAttributeValues: { ':use': { S: use } },
        });
        return true;
      } catch (fault) {
        if ((fault as Error | undefined)?.name === 'ConditionalCheckFailedException') return false;
        throw fault;
      }
    },
  };
}
