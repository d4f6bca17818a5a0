// The verifiers that the benchmark compares. Each throws for a request that it refuses.
import { createHash, type KeyObject } from 'node:crypto';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  EmbeddedJWK,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { expressDpop, type ReplayStore, type VerifyOptions } from '#shared/verify/index.ts';
import { judge } from '#test/support/judges.ts';
import { audience, type BenchRequest, issuer, origin } from './own-api-requests.ts';

export type Verify = (request: BenchRequest) => Promise<void>;

/** Runs an Express middleware; a request that it does not let pass ends the benchmark. */
const passed =
  (middleware: (q: never, s: never, next: (fault?: unknown) => void) => unknown): Verify =>
  (request) =>
    new Promise((resolve, reject) => {
      const refused = (text?: string) => reject(new Error(`refused: ${text}`));
      const response = { statusCode: 0, setHeader() {}, end: refused };
      middleware(request as never, response as never, (fault) =>
        fault ? reject(fault) : resolve(),
      );
    });

/** With the store of its own, in memory, unless another is given. */
export function ours(keys: object, replay?: ReplayStore): Verify {
  const options: VerifyOptions = {
    issuer,
    audience,
    publicUrl: origin,
    scopes: ['orders.read'],
    jwksUri: `${issuer}/v1/keys`,
    fetch: async () => Response.json(keys),
    replay,
  };
  return passed(expressDpop(options) as never);
}

export async function express(publicKey: KeyObject): Promise<Verify | undefined> {
  const library = await judge<{ auth(options: object): never }>(
    'express-oauth2-jwt-bearer',
    'dist/index.js',
  );
  const key = publicKey.export({ format: 'pem', type: 'spki' });
  return (
    library &&
    passed(
      library.auth({
        issuer,
        audience,
        publicKey: key,
        tokenSigningAlg: 'RS256',
        dpop: { required: true },
      }),
    )
  );
}

/** Everything that ours checks, as one writes it with jose. */
export function handrolled(keys: JSONWebKeySet): Verify {
  const jwks = createLocalJWKSet(keys);
  const used = new Set<string>();
  return async ({ method, url, headers }) => {
    const [scheme = '', token = ''] = headers.authorization.split(' ');
    if (scheme.toLowerCase() !== 'dpop') throw new Error('scheme');
    const { payload } = await jwtVerify(token, jwks, { issuer, audience, clockTolerance: 30 });
    const { payload: proof, protectedHeader } = await jwtVerify(headers.dpop, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256', 'RS256'],
      maxTokenAge: 60,
      clockTolerance: 30,
      requiredClaims: ['jti', 'htm', 'htu', 'ath'],
    });
    const ath = createHash('sha256').update(token).digest('base64url');
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk as never);
    const htu = new URL(String(proof.htu));
    const here = new URL(url, origin);
    if (proof.ath !== ath) throw new Error('ath');
    if ((payload.cnf as { jkt?: string } | undefined)?.jkt !== jkt) throw new Error('binding');
    if (proof.htm !== method) throw new Error('htm');
    if (htu.origin + htu.pathname !== here.origin + here.pathname) throw new Error('htu');
    if (!(payload.scp as string[]).includes('orders.read')) throw new Error('scope');
    const use = `${jkt}|${proof.jti}`;
    if (used.has(use)) throw new Error('replay');
    used.add(use);
  };
}
