// The table and the keys of a local run: embedded stand-ins, or servers that the standard SDK variables name. On such
// servers a missing table or key is created, and the next run finds it again.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { keyTags } from '#adapters/kms/tags.ts';
import type { KeyUse } from '#core/ports.ts';
import { type Cloudwatch, startCloudwatch } from '#infra/local/aws/cloudwatch/server.ts';
import { startDynamodb } from '#infra/local/aws/dynamodb.ts';
import { tableArn } from '#infra/local/aws/dynamodb-needs.ts';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { ensureKey } from '#infra/local/aws/ensure-key.ts';
import { type Guard, type GuardOptions, startGuard } from '#infra/local/aws/iam/guard.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';
import { clientSecretArn, startSecrets } from '#infra/local/aws/secrets.ts';
import { ensureTable } from '#infra/local/aws/table.ts';
import { account, region } from '#infra/local/gateway/lambda/variables.ts';
import { keyPolicy } from '../../aws/rights/key-policy.ts';
import type { AwsPlace } from '../../aws/rights/names.ts';
import { holdFolder } from './hold-folder.ts';

export interface BackendOptions {
  /** Servers to use instead of the embedded ones. */
  endpoints: { dynamodb?: string | undefined; kms?: string | undefined };
  persist?: string | undefined;
  table: string;
  keySpec: 'ECC_NIST_P256' | 'RSA_2048';
  latency: { storeMs?: number | undefined; signerMs?: number | undefined };
  /** When given, the embedded servers allow functions only what the stack allows. */
  iam?: Pick<GuardOptions, 'onJudged' | 'onDenied' | 'others'> & {
    replicaRegions: readonly string[];
  };
  /** The client's secret, if it has one. It is read each time. */
  clientSecret?: (() => string) | undefined;
  /** The clock of the embedded KMS. */
  kmsNow?: (() => number) | undefined;
  /** How old everything is in CloudWatch's records. */
  recordsAgoMs?: (() => number) | undefined;
  /** For a server that is not embedded. */
  environment: Record<string, string | undefined>;
}

export interface Backends {
  /** Only the embedded servers have switches. */
  dynamodb?: AwsEndpoint;
  kms?: AwsEndpoint;
  /** Present when the client has a secret. */
  secrets?: AwsEndpoint;
  cloudwatch?: Cloudwatch;
  keys: { dpop: string; assertion: string };
  /** The policy of every key, as JSON; empty when the servers are not ours and know no such roles. */
  keyPolicy: string;
  /** Where functions read the client's secret. */
  clientSecretArn?: string;
  /** What a function needs to reach them. */
  variables: Record<string, string>;
  close(): Promise<void>;
}

/** The value of the broker's tag on the keys of a local run. */
export const localBroker = 'local';

export async function startBackends(options: BackendOptions): Promise<Backends> {
  const { endpoints, environment } = options;
  const foreignSecrets = environment.AWS_ENDPOINT_URL_SECRETS_MANAGER;
  const foreign = Boolean(endpoints.dynamodb || endpoints.kms || foreignSecrets);
  const own = foreign ? ownAccount(environment) : {};
  const place = { partition: 'aws', region: own.AWS_REGION ?? region, account };
  // A person with credentials of another account cannot be told from any other person.
  const guard = own.AWS_ACCESS_KEY_ID ? undefined : guardIn(place, options);
  const { dynamodb, kms, secrets, cloudwatch, close } = await startEmbedded(options, guard);
  const secretsUrl = secrets?.url ?? foreignSecrets;
  const urls = {
    dynamodb: endpoints.dynamodb ?? dynamodb?.url ?? '',
    kms: endpoints.kms ?? kms?.url ?? '',
  };
  const ours = keyPolicy({ place, broker: localBroker, keep: true });
  const policy = endpoints.kms ? '' : JSON.stringify(ours);
  try {
    return {
      ...(dynamodb && { dynamodb }),
      ...(kms && { kms }),
      ...(secrets && { secrets }),
      ...(cloudwatch && { cloudwatch }),
      keys: await makeReady(options, urls, own, policy),
      keyPolicy: policy,
      ...(secrets && { clientSecretArn }),
      variables: {
        ...own,
        AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
        AWS_ENDPOINT_URL_KMS: urls.kms,
        // An emulator of KMS is asked for this, too: nobody meant the real CloudWatch.
        AWS_ENDPOINT_URL_CLOUDWATCH: cloudwatch?.url ?? urls.kms,
        ...(secretsUrl && { AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsUrl }),
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function guardIn(place: AwsPlace, { iam, table, clientSecret }: BackendOptions): Guard | undefined {
  if (!iam) return undefined;
  const { replicaRegions, ...told } = iam;
  return startGuard({
    ...told,
    scope: { place, broker: localBroker, replicaRegions },
    tableArn: tableArn(place.region, table),
    ...(clientSecret && { secretArn: clientSecretArn }),
  });
}

async function startEmbedded(options: BackendOptions, guard: Guard | undefined) {
  const { endpoints, persist, latency, kmsNow, recordsAgoMs: agoMs, clientSecret } = options;
  if (persist) await mkdir(persist, { recursive: true, mode: 0o700 });
  const letGo = persist ? await holdFolder(persist) : undefined;
  const dynamodb = endpoints.dynamodb
    ? undefined
    : await startDynamodb({
        ...(persist && { path: join(persist, 'table') }),
        latencyMs: latency.storeMs ?? 0,
        guard,
      });
  const cloudwatch = endpoints.kms ? undefined : await startCloudwatch({ guard, agoMs });
  const kms =
    cloudwatch &&
    (await startKms({
      onSigned: cloudwatch.signed,
      ...(persist && { path: join(persist, 'keys.json') }),
      latencyMs: latency.signerMs ?? 0,
      guard,
      ...(kmsNow && { now: kmsNow }),
    }));
  const secrets = clientSecret && (await startSecrets(clientSecret, guard));
  const close = async () => {
    await Promise.all([dynamodb, kms, secrets, cloudwatch].map((one) => one?.close()));
    await letGo?.();
  };
  return { dynamodb, kms, secrets, cloudwatch, close };
}

/** The table and the keys, found or created. */
async function makeReady(
  { table, keySpec }: BackendOptions,
  urls: { dynamodb: string; kms: string },
  account: Record<string, string>,
  policy: string,
): Promise<Backends['keys']> {
  const options = { region: account.AWS_REGION ?? region, credentials: credentialsOf(account) };
  const tableClient = new DynamoDBClient({ ...options, endpoint: urls.dynamodb });
  const keyClient = new KMSClient({ ...options, endpoint: urls.kms });
  const key = (use: KeyUse, spec: BackendOptions['keySpec']) => {
    const tags = { [keyTags.broker]: localBroker, [keyTags.use]: use };
    const wanted = { alias: `alias/${table}-${use}`, spec, tags, policy };
    return ensureKey(keyClient, wanted).catch(unusable(urls.kms));
  };
  try {
    const [dpop, assertion] = await Promise.all([
      key('dpop', keySpec),
      key('assertion', 'ECC_NIST_P256'),
      ensureTable(tableClient, table).catch(unusable(urls.dynamodb)),
    ]);
    return { dpop, assertion };
  } finally {
    tableClient.destroy();
    keyClient.destroy();
  }
}

/** When a server is missing or refuses us, the SDK's own message says which one. */
export class ServerUnusable extends Error {
  override name = 'ServerUnusable';
}

const unusable = (url: string) => (cause: Error) => {
  throw new ServerUnusable(`${url} cannot be used: ${cause.message || cause.name}`, { cause });
};

/** Only when a server is not ours: otherwise no real credentials are used here. */
function ownAccount(environment: BackendOptions['environment']): Record<string, string> {
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  return {
    ...(AWS_REGION && { AWS_REGION, AWS_DEFAULT_REGION: AWS_REGION }),
    ...(AWS_ACCESS_KEY_ID &&
      AWS_SECRET_ACCESS_KEY && {
        AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY,
        AWS_SESSION_TOKEN: AWS_SESSION_TOKEN ?? '',
      }),
  };
}

const credentialsOf = (account: Record<string, string>) => ({
  accessKeyId: account.AWS_ACCESS_KEY_ID ?? 'local',
  secretAccessKey: account.AWS_SECRET_ACCESS_KEY ?? 'local',
  ...(account.AWS_SESSION_TOKEN && { sessionToken: account.AWS_SESSION_TOKEN }),
});
