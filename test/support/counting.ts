// As if signatures had been counted for long, and what happens now had happened a while ago: only then are they compared.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { partitions } from '#adapters/table/schema.ts';
import type { System } from '#infra/local/run/system.ts';
import type { Operating } from './operating.ts';
import type { Running } from './running.ts';

/** For the options of a system. An hour ago everything has settled, and the last hour that has is about to begin. */
export const someTimeAgo = { recordsAgoMs: () => 50 * 60_000 };

/** The hourly schedule has run for so many days. */
export async function countingForDays(
  run: Running,
  operator: Operating,
  days: number,
): Promise<void> {
  await operator.operate({ action: 'tend' });
  for (const use of ['dpop', 'assertion']) {
    await run.table.send(
      new UpdateItemCommand({
        TableName: run.system.table,
        Key: { pk: { S: partitions.ring }, sk: { S: use } },
        UpdateExpression: 'SET #since = :since',
        ExpressionAttributeNames: { '#since': 'countedSince' },
        ExpressionAttributeValues: {
          ':since': { N: String(Math.floor(Date.now() / 1000) - days * 86_400) },
        },
      }),
    );
  }
}

/** Everything that CloudWatch's stand-in summed up under these names. */
export function recorded(
  { cloudwatch }: Pick<System, 'cloudwatch'>,
  wanted: { namespace: string; name: string; dimensions: Readonly<Record<string, string>> },
  region = 'us-east-1',
): number {
  const sums = cloudwatch?.metrics.sums({ region, ...wanted }) ?? new Map<number, number>();
  return [...sums.values()].reduce((all, sum) => all + sum, 0);
}
