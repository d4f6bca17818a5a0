// How a function reaches AWS, from the variables that Lambda sets.

type LeanService = 'dynamodb' | 'kms' | 'secretsmanager';

/** How a function reaches AWS without the SDK. Lambda sets these variables; stand-ins set AWS_ENDPOINT_URL_*. */
export interface LeanAwsSettings {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  endpoints: Record<LeanService, string>;
}

/** Returns undefined when the SDK makes these calls too: with BFF_AWS_CLIENT=sdk, and where only the SDK knows how. */
export function readLeanAws(
  env: Record<string, string | undefined> = process.env,
  region = env.AWS_REGION ?? '',
): LeanAwsSettings | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = env;
  const special = [env.AWS_USE_FIPS_ENDPOINT, env.AWS_USE_DUALSTACK_ENDPOINT].includes('true');
  // Other partitions have other host names.
  const known = /^(us(-gov)?|ca|mx|sa|eu|af|me|il|ap)-[a-z]+-\d$/.test(region);
  if (env.BFF_AWS_CLIENT === 'sdk' || !id || !secret || special || !known) return undefined;
  const endpoint = (service: LeanService, variable: string = service) =>
    env[`AWS_ENDPOINT_URL_${variable.toUpperCase()}`] ||
    env.AWS_ENDPOINT_URL ||
    `https://${service}.${region}.amazonaws.com`;
  return {
    region,
    credentials: {
      accessKeyId: id,
      secretAccessKey: secret,
      ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    },
    endpoints: {
      dynamodb: endpoint('dynamodb'),
      kms: endpoint('kms'),
      secretsmanager: endpoint('secretsmanager', 'secrets_manager'),
    },
  };
}

/** Where a function asks CloudWatch, which only our own client does (docs/decisions.md). */
export interface CloudwatchSettings {
  region: string;
  credentials: LeanAwsSettings['credentials'];
  endpoint: string;
}

/** Unlike the settings above, these are there whichever client makes the other calls. */
export function readCloudwatch(
  region: string,
  env: Record<string, string | undefined> = process.env,
): CloudwatchSettings {
  const name = env.AWS_USE_FIPS_ENDPOINT === 'true' ? 'monitoring-fips' : 'monitoring';
  return {
    region,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    },
    endpoint:
      env.AWS_ENDPOINT_URL_CLOUDWATCH ||
      env.AWS_ENDPOINT_URL ||
      `https://${name}.${region}.amazonaws.com`,
  };
}

/** Lambda sets it. */
export const ownRegion = (): string => process.env.AWS_REGION ?? '';
