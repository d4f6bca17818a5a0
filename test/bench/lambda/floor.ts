// The leanest correct broker as a Lambda, on the same wire to AWS: it checks the header, reads and opens the session while
// KMS signs, and passes the answer on. No log, no limits, no renewal, no second try.
import { createPublicKey, hash, randomBytes } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { leanAws } from '#adapters/aws/lean.ts';
import { httpClient } from '#adapters/http/client.ts';
import { joseSignature } from '#adapters/kms/ecdsa-der.ts';
import { readQuery } from '#adapters/table/session-item.ts';
import { unseal } from '#core/session/seal.ts';
import { sessionIdOf } from '#core/session/session.ts';

const { env } = process;
const http = httpClient();
const { dynamodb, kms } = leanAws(http, {
  region: env.AWS_REGION ?? '',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  endpoints: {
    dynamodb: env.AWS_ENDPOINT_URL_DYNAMODB ?? '',
    kms: env.AWS_ENDPOINT_URL_KMS ?? '',
    secretsmanager: 'http://127.0.0.1:1',
  },
});
const keyId = env.BFF_DPOP_KEY ?? '';
const upstream = new URL(env.BENCH_UPSTREAM ?? '');
const header = kms.getPublicKey(keyId).then(({ publicKey }) => {
  const key = createPublicKey({ key: Buffer.from(publicKey ?? []), format: 'der', type: 'spki' });
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  return encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } });
});
const athOf = new Map<string, string>();

export async function handler({
  headers,
  cookies,
  rawPath,
  rawQueryString,
}: APIGatewayProxyEventV2) {
  const cookie = cookies?.[0]?.split('=')[1] ?? '';
  if (headers['x-bff-csrf'] !== '1' || !cookie) return { statusCode: 403 };
  const id = sessionIdOf(cookie);
  const path = rawPath.slice('/bff/api'.length);
  const known = athOf.get(id);
  const [{ Items = [] }, early] = await Promise.all([
    dynamodb('Query', readQuery('bff', id)),
    known === undefined ? undefined : proof(path, known),
  ]);
  const item = Items.find(({ sealed }) => sealed);
  const content = item?.sealed?.B && unseal(cookie, `${id}.${item.version?.N}`, item.sealed.B);
  if (!content) return { statusCode: 401 };
  const { token } = (content as { access: { '': { token: string } } }).access[''];
  const ath = hash('sha256', token, 'base64url');
  athOf.set(id, ath);
  const answer = await http.send({
    origin: upstream.origin,
    method: 'GET',
    path: `${path}?${rawQueryString}`,
    headers: {
      authorization: `DPoP ${token}`,
      dpop: ath === known && early ? early : await proof(path, ath),
      accept: headers.accept ?? '*/*',
    },
    timeoutMs: 5_000,
    maxBytes: 4_400_000,
  });
  return {
    statusCode: answer.status,
    headers: { ...Object.fromEntries(answer.headers.filter(isShown)), 'cache-control': 'no-store' },
    body: answer.body.toString(),
  };
}

const isShown = ([name]: readonly [string, string]) => name === 'content-type';

async function proof(path: string, ath: string): Promise<string> {
  const claims = {
    jti: randomBytes(16).toString('base64url'),
    htm: 'GET',
    htu: upstream.origin + path,
    iat: Math.floor(Date.now() / 1000),
    ath,
  };
  const input = `${await header}.${encoded(claims)}`;
  const { signature } = await kms.sign(keyId, 'ECDSA_SHA_256', hash('sha256', input, 'buffer'));
  return `${input}.${Buffer.from(joseSignature(signature ?? new Uint8Array())).toString('base64url')}`;
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
