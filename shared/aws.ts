// The way to AWS: our own, or the SDK's where only that knows it.
import { type Aws, sdkAws } from '#adapters/aws.ts';
import { leanAws } from '#adapters/lean-aws.ts';
import type { Http } from '#core/http.ts';
import { readLeanAws } from './config.ts';

/** `region`: another than the function's own. */
export function awsOver(connection: Http, region?: string): Aws {
  const access = readLeanAws(undefined, region);
  return access ? leanAws(connection, access) : sdkAws(region);
}
