// The composition root of the operator function. The functions that serve browsers have none of this.
import { randomBytes } from 'node:crypto';
import { DynamoDBClient, KMSClient } from '#adapters/aws/clients.ts';
import { signatureRecords } from '#adapters/aws/cloudwatch.ts';
import { type Dynamodb, sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { sdkKms } from '#adapters/aws/kms.ts';
import type { AwsCall } from '#adapters/aws/wire.ts';
import { httpClient } from '#adapters/http/client.ts';
import { type KeyAdminOptions, keyAdmin } from '#adapters/kms/admin.ts';
import { inRegion } from '#adapters/kms/replicas.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionCensus } from '#adapters/table/session-index.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { signatureTally } from '#core/dpop/tally.ts';
import type { Operator } from '#core/keys/operator.ts';
import { regionOf } from '#core/lib/key-arn.ts';
import type { Clock, LogEvent } from '#core/ports.ts';
import { readOperatorEnvironment } from '#shared/config/environment.ts';
import { logEvent } from '#shared/log.ts';
import { cloudwatchOver } from './aws.ts';

export function operator(): Operator {
  const { config, table, firstKeys, ...own } = readOperatorEnvironment();
  // By default the SDK waits without a limit.
  const requestHandler = {
    connectionTimeout: 2_000,
    requestTimeout: 10_000,
    throwOnRequestTimeout: true,
  };
  const clients = new Map<string, KMSClient>();
  const clientIn = (region: string): KMSClient => {
    const client = clients.get(region) ?? new KMSClient({ region, maxAttempts: 4, requestHandler });
    clients.set(region, client);
    return client;
  };
  const region = homeOf(firstKeys);
  const connection = httpClient();
  return operatorOver({
    config,
    firstKeys,
    table,
    dynamodb: sdkDynamodb(new DynamoDBClient({ maxAttempts: 4, requestHandler })),
    keys: {
      broker: own.broker,
      policy: own.keyPolicy,
      tags: own.keyTags,
      clientIn,
      neverRepeating: new KMSClient({ region, maxAttempts: 1, requestHandler }),
    },
    cloudwatchIn: (place) => cloudwatchOver(connection, place),
    clock: { now: () => Date.now() },
    log: logEvent,
  });
}

export interface OperatorParts extends Pick<Operator, 'config' | 'firstKeys'> {
  table: string;
  dynamodb: Dynamodb;
  keys: Omit<KeyAdminOptions, 'homeRegion' | 'replicaRegions'>;
  cloudwatchIn: (region: string) => AwsCall;
  clock: Clock;
  log: LogEvent;
}

/** The operator over any clients, clock and log: tests bring their own. */
export function operatorOver({
  config,
  firstKeys,
  table: name,
  dynamodb,
  keys,
  cloudwatchIn,
  clock,
  log,
}: OperatorParts): Operator {
  const { clientIn } = keys;
  const { replicaRegions } = config.dpop;
  const homeRegion = homeOf(firstKeys);
  const table = { name, clock };
  const signatures = signatureTally({ clock });
  return {
    config,
    firstKeys,
    rings: ringStore(dynamodb, { ...table, firstKeys }),
    admin: keyAdmin({ ...keys, homeRegion, replicaRegions }),
    signer: kmsSigner(sdkKms(clientIn(homeRegion)), signatures),
    signatures,
    records: signatureRecords([homeRegion, ...replicaRegions], cloudwatchIn),
    replicas: replicaRegions.map((region) => ({
      region,
      signer: inRegion(region, kmsSigner(sdkKms(clientIn(region)), signatures)),
    })),
    sessions: sessionStore(dynamodb, table),
    census: sessionCensus(dynamodb, table),
    marks: markStore(dynamodb, table),
    clock,
    random: (size) => randomBytes(size),
    log,
  };
}

const homeOf = ({ dpop }: Operator['firstKeys']): string => regionOf(dpop) ?? '';
