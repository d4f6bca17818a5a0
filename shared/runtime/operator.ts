// The composition root of the operator function. The functions that serve browsers have none of this.
import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { sdkKms } from '#adapters/aws/kms.ts';
import { keyAdmin } from '#adapters/kms/admin.ts';
import { inRegion, regionOf } from '#adapters/kms/replicas.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionCensus } from '#adapters/table/session-index.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import type { Operator } from '#core/keys/operator.ts';
import type { Clock } from '#core/ports.ts';
import { readOperatorEnvironment } from '#shared/config/environment.ts';
import { logEvent } from '#shared/log.ts';

export function operator(): Operator {
  const { config, table: name, firstKeys, ...own } = readOperatorEnvironment();
  const clock: Clock = { now: () => Date.now() };
  const table = { name, clock };
  // By default the SDK waits without a limit.
  const requestHandler = {
    connectionTimeout: 2_000,
    requestTimeout: 10_000,
    throwOnRequestTimeout: true,
  };
  const dynamodb = sdkDynamodb(new DynamoDBClient({ maxAttempts: 4, requestHandler }));
  const { replicaRegions } = config.dpop;
  const home = regionOf(firstKeys.dpop) ?? '';
  const clients = new Map<string, KMSClient>();
  const clientIn = (region: string): KMSClient => {
    const client = clients.get(region) ?? new KMSClient({ region, maxAttempts: 4, requestHandler });
    clients.set(region, client);
    return client;
  };
  return {
    config,
    firstKeys,
    rings: ringStore(dynamodb, { ...table, firstKeys }),
    admin: keyAdmin({
      broker: own.broker,
      policy: own.keyPolicy,
      tags: own.keyTags,
      homeRegion: home,
      replicaRegions,
      clientIn,
      neverRepeating: new KMSClient({ region: home, maxAttempts: 1, requestHandler }),
    }),
    signer: kmsSigner(sdkKms(clientIn(home))),
    replicas: replicaRegions.map((region) => ({
      region,
      signer: inRegion(region, kmsSigner(sdkKms(clientIn(region)))),
    })),
    sessions: sessionStore(dynamodb, table),
    census: sessionCensus(dynamodb, table),
    marks: markStore(dynamodb, table),
    clock,
    random: (size) => randomBytes(size),
    log: logEvent,
  };
}
