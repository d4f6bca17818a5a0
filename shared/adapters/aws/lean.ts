// AWS without the SDK: every call of a function uses the lean client.
import type { Http } from '#core/http.ts';
import type { Aws } from './ports.ts';
import type { AwsAccess } from './signature.ts';
import { type AwsService, awsWire } from './wire.ts';
import { wireDynamodb } from './wire-dynamodb.ts';
import { wireKms, wireMac } from './wire-kms.ts';

export interface LeanAccess extends AwsAccess {
  endpoints: Record<keyof typeof services, string>;
  /** The most attempts per call. Tests that count attempts set a lower number. */
  attempts?: number;
}

// Every write of ours may be repeated, because its condition recognises its own work. KMS's quota is shared by the
// account: after one more try the caller is told.
const services = {
  dynamodb: { target: 'DynamoDB_20120810', version: '1.0', attempts: 3 },
  kms: { target: 'TrentService', version: '1.1', attempts: 2 },
  secretsmanager: { target: 'secretsmanager', version: '1.1', attempts: 3 },
} as const satisfies Record<string, Partial<AwsService>>;

export function leanAws(http: Http, { endpoints, attempts, ...access }: LeanAccess): Aws {
  const callsOf = (name: keyof typeof services) =>
    awsWire(http, access, {
      ...services[name],
      ...(attempts && { attempts }),
      name,
      endpoint: endpoints[name],
    });
  const secrets = callsOf('secretsmanager');
  const kms = callsOf('kms');
  return {
    dynamodb: wireDynamodb(callsOf('dynamodb')),
    kms: wireKms(kms),
    mac: wireMac(kms),
    async secret(arn) {
      const asked = JSON.stringify({ SecretId: arn });
      const answer = (await secrets('GetSecretValue', asked)) as { SecretString?: string };
      return answer.SecretString;
    },
  };
}
