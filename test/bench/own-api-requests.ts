// Requests to an API of your own for the benchmark, signed with node:crypto.
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export const issuer = 'https://acme.okta.example/oauth2/default';
export const audience = 'api://orders';
export const origin = 'https://api.example.com';

/** As Express hands it on. */
export interface BenchRequest {
  method: string;
  url: string;
  originalUrl: string;
  protocol: string;
  headers: { authorization: string; dpop: string; host: string };
  rawHeaders: string[];
  get(name: string): string | undefined;
  is(type: string): boolean;
  app: { get(name: string): unknown };
}

const pair = generateKeyPairSync as unknown as (
  kind: string,
  options: object,
) => { privateKey: KeyObject; publicKey: KeyObject };
export const rsa = () => pair('rsa', { modulusLength: 2048 });
export const ec = () => pair('ec', { namedCurve: 'P-256' });
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function jws(header: object, claims: object, key: KeyObject): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

export function tokenFor(jkt: string, key: KeyObject): string {
  const now = Math.floor(Date.now() / 1000);
  return jws(
    { alg: 'RS256', kid: 'one' },
    {
      ver: 1,
      jti: randomUUID(),
      iss: issuer,
      aud: audience,
      iat: now,
      exp: now + 3600,
      cid: '0oa1',
      uid: '00u1',
      scp: ['orders.read', 'openid'],
      sub: 'ada@example.com',
      cnf: { jkt },
    },
    key,
  );
}

export function requestWith(token: string, alg: string, jwk: object, key: KeyObject): BenchRequest {
  const ath = createHash('sha256').update(token).digest('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const claims = { jti: randomUUID(), htm: 'GET', htu: `${origin}/orders`, iat, ath };
  const dpop = jws({ typ: 'dpop+jwt', alg, jwk }, claims, key);
  const headers = { authorization: `DPoP ${token}`, dpop, host: 'api.example.com' };
  return {
    method: 'GET',
    url: '/orders?limit=10',
    originalUrl: '/orders?limit=10',
    protocol: 'https',
    headers,
    rawHeaders: Object.entries(headers).flat(),
    get: (name) => headers[name.toLowerCase() as 'host'],
    is: () => false,
    app: { get: () => undefined },
  };
}
