// AWS through the SDK's clients: credentials from any source, every partition, FIPS and dual-stack endpoints.
import { waitsMs } from '#core/limits.ts';
import { DynamoDBClient, KMSClient } from './clients.ts';
import { sdkDynamodb } from './dynamodb.ts';
import { sdkKms, sdkMac } from './kms.ts';
import type { Aws } from './ports.ts';
import { GetSecretValueCommand, SecretsManagerClient } from './secrets-client.ts';

// By default the SDK waits without a limit.
const requestHandler = {
  connectionTimeout: waitsMs.awsConnection,
  requestTimeout: waitsMs.aws,
  throwOnRequestTimeout: true,
};

export function sdkClients(region?: string): Aws {
  const common = { requestHandler, ...(region && { region }) };
  const secrets = new SecretsManagerClient(common);
  // A throttled KMS call backs off for up to a second: after one retry the caller is told.
  const kms = new KMSClient({ maxAttempts: 2, ...common });
  return {
    dynamodb: sdkDynamodb(new DynamoDBClient({ maxAttempts: 3, ...common })),
    kms: sdkKms(kms),
    mac: sdkMac(kms),
    secret: async (arn) =>
      (await secrets.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString,
  };
}
