// An API of our own, its issuer and its clients. Proofs are made by libraries that we did not write: our own code for
// making proofs must not be what our own check of them is tested with.
import { createHash, randomUUID } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';
import type { Fetch } from '#core/ports.ts';
import {
  type ApiRequest,
  type ApiSettings,
  type Collaborators,
  memoryReplay,
  type Needs,
  requestVerifier,
  type Verdict,
} from '#core/resource-server/request-verifier.ts';

export const origin = 'https://api.example.com';
export const audience = 'api://orders';
export const issuer = 'https://acme.okta.example/oauth2/default';
export const startedAt = 1_800_000_000_000;

export interface Client {
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: Record<string, unknown>;
  jkt: string;
}

export async function clientWith(alg = 'ES256'): Promise<Client> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)) };
  return { alg, privateKey, publicKey, jwk, jkt: await calculateJwkThumbprint(jwk) };
}

export const athOf = (token: string) => createHash('sha256').update(token).digest('base64url');

/** A member that is undefined is left out. */
export type Changes = Record<string, unknown>;

/** Signs a proof with jose, in the form of RFC 9449 section 4.2 and then changed. */
export function signedProof(
  client: Pick<Client, 'alg' | 'privateKey' | 'jwk'>,
  claims: Changes,
  header: Changes = {},
): Promise<string> {
  return new SignJWT(defined({ jti: randomUUID(), ...claims }))
    .setProtectedHeader(
      defined({
        typ: 'dpop+jwt',
        alg: client.alg,
        jwk: client.jwk,
        ...header,
      }) as JWTHeaderParameters,
    )
    .sign(client.privateKey);
}

const defined = (values: Changes) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

export interface OwnApi {
  clock: { at: number; now(): number };
  /** Requests that left, by URL. */
  asked: string[];
  /** Makes the issuer answer otherwise, or not at all. */
  answers: { [url: string]: () => Response | Promise<Response> };
  token(client: Client | undefined, claims?: Changes, header?: Changes): Promise<string>;
  /** A request with a proof by jose. */
  request(client: Client, token: string, claims?: Changes, header?: Changes): Promise<ApiRequest>;
  verify(request: ApiRequest, needs?: Needs): Promise<Verdict>;
}

export async function ownApi(
  settings: Partial<ApiSettings> = {},
  collaborators: Partial<Collaborators> & { tokenAlg?: string } = {},
): Promise<OwnApi> {
  const clock = {
    at: startedAt,
    now() {
      return this.at;
    },
  };
  const { tokenAlg = 'RS256', ...given } = collaborators;
  const keys = await issuerKeys(tokenAlg);
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: tokenAlg, use: 'sig' };
  const asked: string[] = [];
  const answers: OwnApi['answers'] = {
    [`${issuer}/.well-known/openid-configuration`]: () =>
      Response.json({
        issuer,
        authorization_endpoint: `${issuer}/v1/authorize`,
        token_endpoint: `${issuer}/v1/token`,
        jwks_uri: `${issuer}/v1/keys`,
      }),
    [`${issuer}/v1/keys`]: () => Response.json({ keys: [jwk] }),
  };
  const fetch: Fetch = async ({ url }) => {
    asked.push(url);
    return answers[url]?.() ?? new Response('', { status: 404 });
  };
  const verify = requestVerifier(
    { fetch, clock, replay: memoryReplay({ clock }), ...given },
    { issuer, audience, publicUrl: origin, ...settings },
  );
  const seconds = () => Math.floor(clock.now() / 1000);
  return {
    clock,
    asked,
    answers,
    verify,
    token: (client, claims = {}, header = {}) =>
      new SignJWT(
        defined({
          iss: issuer,
          aud: audience,
          sub: 'ada@example.com',
          iat: seconds(),
          exp: seconds() + 3600,
          jti: randomUUID(),
          ver: 1,
          cid: '0oa1',
          uid: '00u1',
          scp: ['orders.read'],
          ...(client && { cnf: { jkt: client.jkt } }),
          ...claims,
        }),
      )
        .setProtectedHeader(
          defined({ alg: tokenAlg, kid: 'one', ...header }) as JWTHeaderParameters,
        )
        .sign(keys.privateKey),
    async request(client, token, claims = {}, header = {}) {
      const htu = `${origin}/orders`;
      const usual = { htm: 'GET', htu, iat: seconds(), ath: athOf(token) };
      const proof = await signedProof(client, { ...usual, ...claims }, header);
      return {
        method: 'GET',
        url: '/orders?limit=10',
        authorization: [`DPoP ${token}`],
        dpop: [proof],
      };
    },
  };
}

const issuerKeyPairs = new Map<string, ReturnType<typeof generateKeyPair>>();

/** RSA keys take long to make. */
function issuerKeys(alg: string) {
  const pair = issuerKeyPairs.get(alg) ?? generateKeyPair(alg, { extractable: true });
  issuerKeyPairs.set(alg, pair);
  return pair;
}
