// The ways to AWS: one suite judges what stands on each of them.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Dynamodb, sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { type LeanAccess, leanAws } from '#adapters/aws/lean.ts';
import { httpClient } from '#adapters/http/client.ts';

export const local = { accessKeyId: 'local', secretAccessKey: 'local' };
export const region = 'us-east-1';

const unused = 'http://127.0.0.1:1';
export const onlyAt = (endpoints: Partial<LeanAccess['endpoints']>): LeanAccess => ({
  region,
  credentials: local,
  endpoints: { dynamodb: unused, kms: unused, secretsmanager: unused, ...endpoints },
});

export interface DynamodbForTests {
  dynamodb: Dynamodb;
  close(): Promise<void>;
}

export const dynamodbClients: { name: string; connect: Connect }[] = [
  {
    name: 'the SDK client',
    connect: (endpoint, attempts) => {
      const client = new DynamoDBClient({
        endpoint,
        region,
        credentials: local,
        maxAttempts: attempts,
      });
      return { dynamodb: sdkDynamodb(client), close: async () => client.destroy() };
    },
  },
  {
    name: 'the lean client',
    connect: (endpoint, attempts) => {
      const http = httpClient();
      const { dynamodb } = leanAws(http, { ...onlyAt({ dynamodb: endpoint }), attempts });
      return { dynamodb, close: () => http.close() };
    },
  },
];

type Connect = (endpoint: string, attempts: number) => DynamodbForTests;
