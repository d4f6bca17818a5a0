// Chooses the way to AWS: our own client, or the SDK's for what only the SDK can do.

import { leanAws } from '#adapters/aws/lean.ts';
import { type Aws, sdkAws } from '#adapters/aws/ports.ts';
import type { Http } from '#core/http.ts';
import { readLeanAws } from '#shared/config/environment.ts';

/** `region` replaces the function's own. */
export function awsOver(connection: Http, region?: string): Aws {
  const access = readLeanAws(undefined, region);
  return access ? leanAws(connection, access) : sdkAws(region);
}
