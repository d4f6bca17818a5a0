// The KMS stand-in with a key of each kind, and a client that does not retry.
import { KMSClient } from '@aws-sdk/client-kms';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { ensureKey } from '#infra/local/aws/ensure-key.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';

export interface KmsForTests extends AwsEndpoint {
  client: KMSClient;
  es256: string;
  rs256: string;
}

export async function kmsForTests(): Promise<KmsForTests> {
  const server = await startKms();
  const client = new KMSClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return {
    ...server,
    client,
    es256: await ensureKey(client, { alias: 'alias/es256', spec: 'ECC_NIST_P256' }),
    rs256: await ensureKey(client, { alias: 'alias/rs256', spec: 'RSA_2048' }),
    async close() {
      client.destroy();
      await server.close();
    },
  };
}
