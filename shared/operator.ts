// What the operator function works with, made when it is first needed.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { sdkDynamodb } from '#adapters/dynamodb.ts';
import { ringStore } from '#adapters/key-ring.ts';
import { keyBirths } from '#adapters/kms-births.ts';
import { sessionCensus } from '#adapters/session-index.ts';
import type { Reporting } from '#core/key-report.ts';
import { readEnvironment } from './config.ts';
import { logEvent } from './log.ts';

let made: Reporting | undefined;

export function operator(): Reporting {
  made ??= make();
  return made;
}

function make(): Reporting {
  const { table: name, firstKeys } = readEnvironment();
  const clock = { now: () => Date.now() };
  const dynamodb = sdkDynamodb(new DynamoDBClient({}));
  const table = { name, clock };
  return {
    rings: ringStore(dynamodb, { ...table, firstKeys }),
    births: keyBirths(new KMSClient({})),
    census: sessionCensus(dynamodb, table),
    clock,
    log: logEvent,
  };
}
