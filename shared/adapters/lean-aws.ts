// The two calls that every proxied request makes, on the lean client: the read of a session and KMS Sign.
import type { Http } from '../core/http.ts';
import type { SessionStore } from '../core/ports.ts';
import { type AwsAccess, awsWire } from './aws-wire.ts';
import type { Table } from './items.ts';
import type { Kms } from './kms.ts';
import { wireKms } from './wire-kms.ts';
import { wireSessionRead } from './wire-session-read.ts';

export interface LeanAccess extends AwsAccess {
  endpoints: { kms: string; dynamodb: string };
}

export interface LeanAws {
  kms: Kms;
  readSession: SessionStore['read'];
}

export function leanAws(http: Http, { endpoints, ...access }: LeanAccess, table: Table): LeanAws {
  const kms = { name: 'kms', target: 'TrentService', version: '1.1' } as const;
  const dynamodb = { name: 'dynamodb', target: 'DynamoDB_20120810', version: '1.0' } as const;
  return {
    kms: wireKms(awsWire(http, access, { ...kms, endpoint: endpoints.kms })),
    readSession: wireSessionRead(
      awsWire(http, access, { ...dynamodb, endpoint: endpoints.dynamodb }),
      table,
    ),
  };
}
