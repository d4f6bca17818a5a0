// What the table holds, as no request of the product can see it.
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { ofTheRun } from '#test/faults/injectors/aws.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';

const tableName = 'bff';

/** The sessions that are pinned to a key, by name, and the thumbprint by which its proofs can be told. */
export async function sessionsOn(endpoint: string, { sessionOf }: Recorder, key: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ region: ofTheRun, endpoint, credentials });
  const names: string[] = [];
  let jkt: string | undefined;
  try {
    for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName })) {
      for (const { pk, keyId, jkt: thumbprint } of Items) {
        if (keyId?.S !== key) continue;
        jkt = thumbprint?.S;
        const name = sessionOf(pk?.S);
        if (name) names.push(name);
      }
    }
  } finally {
    client.destroy();
  }
  return { names, jkt };
}
