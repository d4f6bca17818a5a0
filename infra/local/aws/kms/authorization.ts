// Checks the form of a signed request (SigV4): what it must name, the service, and when it was signed.
import type { IncomingHttpHeaders } from 'node:http';
import { KmsRefusal } from './refusal.ts';

const quarterHour = 900_000;

export function checkAuthorization(headers: IncomingHttpHeaders, now: number): void {
  const { authorization } = headers;
  if (!authorization) {
    throw new KmsRefusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const [, credential, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^, ]+), ?SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (!credential || !signed || !signature) throw new KmsRefusal('IncompleteSignatureException');
  const [, date, , service, end] = credential.split('/');
  const at = String(headers['x-amz-date'] ?? '');
  if (service !== 'kms' || end !== 'aws4_request' || !at.startsWith(`${date}T`)) {
    throw new KmsRefusal(
      'InvalidSignatureException',
      "Credential should be scoped to correct service: 'kms'.",
    );
  }
  if (!signed.split(';').includes('host')) {
    throw new KmsRefusal(
      'InvalidSignatureException',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  const signedAt = Date.parse(
    at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  if (!(Math.abs(now - signedAt) < quarterHour)) {
    throw new KmsRefusal(
      'InvalidSignatureException',
      `Signature expired or not yet current: ${at}`,
    );
  }
}
