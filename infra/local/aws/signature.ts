// Checks that a request is signed with a secret (SigV4). It follows AWS's description and shares no code with a signer.
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Returns AWS's name for what is wrong with it, or undefined. */
export function signatureFault(
  { headers, body }: { headers: IncomingHttpHeaders; body: Buffer },
  { accessKeyId, secretAccessKey }: AwsCredentials,
): string | undefined {
  const [, id, date, region, service, signed, signature] =
    /Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^, ]+), ?Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (!date || !region || !service || !signed) return 'IncompleteSignatureException';
  if (id !== accessKeyId) return 'UnrecognizedClientException';
  const lines = signed.split(';').map((name) => `${name}:${trimmed(headers[name])}`);
  const canonical = ['POST', '/', '', ...lines, '', signed, sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const at = String(headers['x-amz-date']);
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${secretAccessKey}`,
  );
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'InvalidSignatureException';
}

const trimmed = (value: string | string[] | undefined) =>
  String(value ?? '')
    .trim()
    .replace(/\s+/g, ' ');
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) =>
  createHmac('sha256', key).update(data).digest();
