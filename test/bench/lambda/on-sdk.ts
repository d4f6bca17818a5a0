// What a careful engineer deploys instead of us: the SDK's clients for the table and the key, fetch for the
// form of the key, fetch for the API, one step after the other.
import { createHash, createPublicKey, randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { joseSignature } from '#adapters/kms/ecdsa-der.ts';
import { keyOf } from '#adapters/table/session-item.ts';
import { unseal } from '#core/session/seal.ts';
import { sessionIdOf } from '#core/session/session.ts';

const dynamodb = new DynamoDBClient({});
const kms = new KMSClient({});
const KeyId = process.env.BFF_DPOP_KEY;
const upstream = process.env.BENCH_UPSTREAM ?? '';
let jwk: Promise<unknown> | undefined;

export async function handler({
  headers,
  cookies,
  rawPath,
  rawQueryString,
}: APIGatewayProxyEventV2) {
  const cookie = cookies?.find((each) => each.startsWith('__Host-Http-bff='))?.split('=')[1];
  if (headers['x-bff-csrf'] !== '1' || !cookie) return { statusCode: 403 };
  const id = sessionIdOf(cookie);
  const read = new GetItemCommand({ TableName: 'bff', Key: keyOf(id), ConsistentRead: true });
  const { Item } = await dynamodb.send(read);
  const content = Item?.sealed?.B && unseal(cookie, `${id}.${Item.version?.N}`, Item.sealed.B);
  if (!content || Number(Item?.expiresAt?.N) < Date.now() / 1000) return { statusCode: 401 };
  const { token } = (content as { access: { '': { token: string } } }).access[''];
  const url = new URL(upstream + rawPath.slice('/bff/api'.length));
  const dpop = await proof(url, token);
  url.search = rawQueryString;
  const answer = await fetch(url, {
    headers: { authorization: `DPoP ${token}`, dpop, accept: headers.accept ?? '*/*' },
    signal: AbortSignal.timeout(25_000),
  });
  console.log(JSON.stringify({ message: 'proxied', path: rawPath, status: answer.status }));
  return {
    statusCode: answer.status,
    headers: { 'content-type': answer.headers.get('content-type'), 'cache-control': 'no-store' },
    body: await answer.text(),
  };
}

async function proof(url: URL, token: string): Promise<string> {
  jwk ??= publicJwk();
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: await jwk };
  const claims = {
    jti: randomUUID(),
    htm: 'GET',
    htu: url.origin + url.pathname,
    iat: Math.floor(Date.now() / 1000),
    ath: createHash('sha256').update(token).digest('base64url'),
  };
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const { Signature = new Uint8Array() } = await kms.send(
    new SignCommand({
      KeyId,
      MessageType: 'DIGEST',
      Message: createHash('sha256').update(input).digest(),
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  return `${input}.${Buffer.from(joseSignature(Signature)).toString('base64url')}`;
}

async function publicJwk() {
  const { PublicKey = new Uint8Array() } = await kms.send(new GetPublicKeyCommand({ KeyId }));
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  return { kty, crv, x, y };
}
