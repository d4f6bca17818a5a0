// Chooses the way to AWS: our own client, or the SDK's for what only the SDK can do.

import { cloudwatchCalls } from '#adapters/aws/cloudwatch.ts';
import { leanAws } from '#adapters/aws/lean.ts';
import { type Aws, sdkAws } from '#adapters/aws/ports.ts';
import type { AwsCall } from '#adapters/aws/wire.ts';
import type { Http } from '#core/http.ts';
import { readCloudwatch, readLeanAws } from '#shared/config/aws-environment.ts';

/** `region` replaces the function's own. */
export function awsOver(connection: Http, region?: string): Aws {
  const access = readLeanAws(undefined, region);
  return access ? leanAws(connection, access) : sdkAws(region);
}

export const cloudwatchOver = (connection: Http, region: string): AwsCall =>
  cloudwatchCalls(connection, readCloudwatch(region));
