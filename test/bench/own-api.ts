// What it costs to verify a request to an API of your own: ours with everything checked, express-oauth2-jwt-bearer
// (where BFF_TEST_MODULES has it), and a check as one writes it with jose. Each judges the same requests in turn.
import type { KeyObject } from 'node:crypto';
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { calculateJwkThumbprint, type JSONWebKeySet, type JWK } from 'jose';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { dynamodbReplay } from '#shared/verify/index.ts';
import { serve } from './child.ts';
import { median } from './load.ts';
import { type BenchRequest, ec, requestWith, rsa, tokenFor } from './own-api-requests.ts';
import { express, handrolled, ours, type Verify } from './own-api-rivals.ts';

export interface OwnApiRun {
  alg: 'ES256' | 'RS256';
  /** Each client has a token and a key, and makes so many requests. */
  clients: number;
  requests: number;
  rounds: number;
}

/** CPU microseconds per verification, medians of the rounds. */
export interface OwnApiCosts {
  ours: number;
  jose: number;
  express: number | undefined;
}

async function ownApiCosts({ alg, clients, requests, rounds }: OwnApiRun) {
  const server = rsa();
  const keys = keySetOf(server.publicKey);
  const verifiers: Record<string, Verify | undefined> = {
    ours: ours(keys),
    jose: handrolled(keys as JSONWebKeySet),
    express: await express(server.publicKey),
  };
  // RSA keys take long to make, so clients share a few; no verifier remembers a key without its token.
  const pool = Array.from({ length: alg === 'RS256' ? 5 : clients }, alg === 'RS256' ? rsa : ec);
  const batch = async (own: number, each: number) => {
    const list: BenchRequest[] = [];
    for (let at = 0; at < own; at++) {
      const client = pool[at % pool.length] as ReturnType<typeof rsa>;
      const jwk = client.publicKey.export({ format: 'jwk' });
      const jkt = await calculateJwkThumbprint(jwk as never);
      const token = tokenFor(jkt, server.privateKey);
      for (let n = 0; n < each; n++) list.push(requestWith(token, alg, jwk, client.privateKey));
    }
    return list;
  };
  const times: Record<string, number[]> = { ours: [], jose: [], express: [] };
  const round = async (list: readonly BenchRequest[], keep: boolean) => {
    for (const [name, verify] of Object.entries(verifiers)) {
      if (!verify) continue;
      const before = process.cpuUsage();
      for (const request of list) await verify(request);
      const { user, system } = process.cpuUsage(before);
      if (keep) times[name]?.push((user + system) / list.length);
    }
  };
  await round(await batch(clients, Math.ceil(1_500 / clients)), false);
  for (let n = 0; n < rounds; n++) await round(await batch(clients, requests), true);
  const of = (name: string) => (times[name]?.length ? median(times[name]) : undefined);
  return { ours: of('ours'), jose: of('jose'), express: of('express') } as OwnApiCosts;
}

const keySetOf = (key: KeyObject) => ({
  keys: [{ ...key.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' }],
});

/** How often a request asks a table. */
async function counted({ count }: { count: number }) {
  const server = rsa();
  const client = ec();
  const jwk = client.publicKey.export({ format: 'jwk' });
  const token = tokenFor(await calculateJwkThumbprint(jwk as JWK), server.privateKey);
  const [access, dynamodb] = [
    { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
    await startDynamodb(),
  ];
  const table = new DynamoDBClient({ ...access, endpoint: dynamodb.url });
  try {
    await table.send(
      new CreateTableCommand({
        TableName: 'used-proofs',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists(
      { client: table, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
      { TableName: 'used-proofs' },
    );
    const replay = dynamodbReplay((put) => table.send(new PutItemCommand(put)), {
      table: 'used-proofs',
    });
    const verify = ours(keySetOf(server.publicKey), replay);
    dynamodb.calls.reset();
    for (let at = 0; at < count; at++)
      await verify(requestWith(token, 'ES256', jwk, client.privateKey));
    const all = dynamodb.calls.count();
    const writes = dynamodb.calls.count('PutItem');
    return { reads: (all - writes) / count, writes: writes / count };
  } finally {
    table.destroy();
    await dynamodb.close();
  }
}

serve(async () => ({
  ready: true,
  answer: async (asked: OwnApiRun | { count: number }): Promise<unknown> =>
    'count' in asked ? counted(asked) : ownApiCosts(asked),
}));
