// A few hundred requests with proofs, right and wrong, that several verifiers judge. Made from a seed, and signed with
// node:crypto here: none of our own code takes part.
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { randomFrom } from '#test/support/random.ts';

export interface Asked {
  /** What is unusual about it. */
  ways: readonly string[];
  method: string;
  /** Path and query. */
  path: string;
  /** The lines of the DPoP header. */
  dpop: readonly string[];
  scheme: string;
  token: string;
  /** The judges see it a second time. */
  again: boolean;
}

export interface Key {
  alg: keyof typeof kinds;
  privateKey: KeyObject;
  jwk: Record<string, unknown>;
}

const pair = generateKeyPairSync as unknown as (
  kind: string,
  options: object,
) => { privateKey: KeyObject; publicKey: KeyObject };

const kinds = {
  ES256: ['ec', { namedCurve: 'P-256' }, 'sha256', { dsaEncoding: 'ieee-p1363' }],
  ES384: ['ec', { namedCurve: 'P-384' }, 'sha384', { dsaEncoding: 'ieee-p1363' }],
  RS256: ['rsa', { modulusLength: 2048 }, 'sha256', {}],
  PS256: ['rsa', { modulusLength: 2048 }, 'sha256', { padding: 6, saltLength: 32 }],
} as const;

const keyOf = (alg: Key['alg']): Key => {
  const { privateKey, publicKey } = pair(kinds[alg][0], kinds[alg][1]);
  return { alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }) } };
};

interface Draft {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  method: string;
  path: string;
  key: Key;
  bound: Key;
  scheme: string;
  again: boolean;
  /** Changes to the parts after they were signed. */
  parts: (parts: string[]) => string[];
  lines: (proof: string) => string[];
}

type Way = (draft: Draft, spare: Keys) => void;
type Keys = Record<Key['alg'], Key> & { other: Key };

const base = 'https://api.example.com';
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claim =
  (name: string, value: unknown): Way =>
  ({ claims }) => {
    claims[name] = value;
  };
const head =
  (name: string, value: unknown): Way =>
  ({ header }) => {
    header[name] = value;
  };
const jwk =
  (more: Record<string, unknown>): Way =>
  ({ header }) => {
    header.jwk = { ...(header.jwk as object), ...more };
  };
const later =
  (seconds: number): Way =>
  ({ claims }) => {
    claims.iat = Number(claims.iat) + seconds;
  };
const at =
  (path: string, htu: string): Way =>
  (draft) => {
    draft.path = path;
    draft.claims.htu = htu;
  };

/** No two requests may have the same jti. */
let next = 0x4e00;

/** One or more of these are unusual about each request. */
export const ways: Record<string, Way> = {
  // What RFC 9449 allows.
  'as it is': () => {},
  'typ in capitals': head('typ', 'DPoP+JWT'),
  'typ with application/': head('typ', 'application/dpop+jwt'),
  'a kid': head('kid', 'x'),
  'another claim': claim('more', { of: 'it' }),
  'a nonce that nobody asked for': claim('nonce', 'x'),
  'exp to come': claim('exp', 4_000_000_000),
  'nbf past': claim('nbf', 1_600_000_000),
  'jwk with alg, use and kid': ({ header, key }) =>
    jwk({ alg: key.alg, use: 'sig', kid: 'x' })({ header } as Draft, {} as Keys),
  'htu with a query': at('/orders?a=b', `${base}/orders?c=d`),
  'htu with a fragment': at('/orders', `${base}/orders#x`),
  'htu with capitals': at('/orders', 'HTTPS://API.Example.com/orders'),
  'htu with the usual port': at('/orders', 'https://api.example.com:443/orders'),
  'htu with dot segments': at('/orders', `${base}/x/../orders`),
  'htu with an escaped letter': at('/orders', `${base}/%6Frders`),
  'htu with a small escape': at('/caf%C3%A9', `${base}/caf%c3%a9`),
  'htu without a path': at('/', base),
  'the scheme in small letters': (draft) => {
    draft.scheme = 'dpop';
  },
  POST: (draft) => {
    draft.method = draft.claims.htm = 'POST';
  },
  'iat 20 seconds ahead': later(20),
  'iat 15 seconds ago': later(-15),
  'iat with a fraction': later(-0.5),
  'jti of one character': ({ claims }) => (claims.jti = String.fromCodePoint(next++)),
  'jti of 200 characters': ({ claims }) => (claims.jti = randomUUID() + 'x'.repeat(164)),

  // Where the servers' own choices differ.
  'iat 50 seconds ahead': later(50),
  'iat 40 seconds ago': later(-40),
  'iat 75 seconds ago': later(-75),
  'jti of 300 characters': ({ claims }) => (claims.jti = randomUUID() + 'x'.repeat(264)),
  'htm in small letters': ({ claims }) => (claims.htm = String(claims.htm).toLowerCase()),
  'jwk for encryption': jwk({ use: 'enc' }),
  'a used proof': (draft) => {
    draft.again = true;
  },

  // What RFC 9449 forbids.
  'no proof': (draft) => {
    draft.lines = () => [];
  },
  'two proofs': (draft) => {
    draft.lines = (proof) => [proof, proof];
  },
  'two proofs in a line': (draft) => {
    draft.lines = (proof) => [`${proof}, ${proof}`];
  },
  'the scheme Bearer': (draft) => {
    draft.scheme = 'Bearer';
  },
  'no typ': head('typ', undefined),
  'typ JWT': head('typ', 'JWT'),
  'alg none': head('alg', 'none'),
  'alg HS256': head('alg', 'HS256'),
  'no jwk': head('jwk', undefined),
  'a symmetric jwk': head('jwk', { kty: 'oct', k: 'c2VjcmV0' }),
  'a private jwk': ({ header, key }) =>
    (header.jwk = { ...key.privateKey.export({ format: 'jwk' }) }),
  'a jwk of another kind': ({ header, key }, keys) => {
    header.jwk = (key.alg === 'RS256' || key.alg === 'PS256' ? keys.ES256 : keys.RS256).jwk;
  },
  'the jwk of another key': ({ header, key }, keys) => {
    header.jwk = key.alg === 'ES256' ? keys.other.jwk : keys.ES256.jwk;
  },
  'a critical extension': ({ header }) => Object.assign(header, { crit: ['x'], x: 1 }),
  'another client’s key': (draft, keys) => {
    draft.bound = draft.bound === keys.other ? keys.ES256 : keys.other;
  },
  'a changed signature': (draft) => {
    draft.parts = ([h = '', p = '', s = '']) => [h, p, (s[0] === 'A' ? 'B' : 'A') + s.slice(1)];
  },
  'no signature': (draft) => {
    draft.parts = ([h = '', p = '']) => [h, p, ''];
  },
  'padding behind the signature': (draft) => {
    draft.parts = ([h = '', p = '', s = '']) => [h, p, `${s}==`];
  },
  'changed claims': (draft) => {
    draft.parts = ([h = '', , s = '']) => [h, encoded({ ...draft.claims, jti: 'x' }), s];
  },
  'two parts': (draft) => {
    draft.parts = (parts) => parts.slice(0, 2);
  },
  'no htm': claim('htm', undefined),
  'no htu': claim('htu', undefined),
  'no iat': claim('iat', undefined),
  'no jti': claim('jti', undefined),
  'no ath': claim('ath', undefined),
  'an empty jti': claim('jti', ''),
  'iat as a text': ({ claims }) => (claims.iat = String(claims.iat)),
  'jti as a number': claim('jti', 5),
  'another method': claim('htm', 'DELETE'),
  'another path': claim('htu', `${base}/accounts`),
  'a path with a slash at its end': claim('htu', `${base}/orders/`),
  'another host': claim('htu', 'https://evil.example/orders'),
  'another scheme': claim('htu', 'http://api.example.com/orders'),
  'a path that an escaped slash makes': at('/a/b', `${base}/a%2Fb`),
  'htu that is a path': claim('htu', '/orders'),
  'htu with a user': claim('htu', 'https://ada@api.example.com/orders'),
  'htu with a space before it': claim('htu', ` ${base}/orders`),
  'the ath of another token': claim('ath', createHash('sha256').update('x').digest('base64url')),
  'iat 10 minutes ago': later(-600),
  'iat 10 minutes ahead': later(600),
  'exp past': claim('exp', 1_600_000_000),
  'nbf to come': claim('nbf', 4_000_000_000),
};

/** Each way with each kind of key, and so many pairs of ways. A request is made when it is needed: proofs grow old. */
export function corpus(
  seed: number,
  pairs: number,
  tokenFor: (bound: Key) => Promise<string>,
): (() => Promise<Asked>)[] {
  const keys: Keys = {
    ES256: keyOf('ES256'),
    ES384: keyOf('ES384'),
    RS256: keyOf('RS256'),
    PS256: keyOf('PS256'),
    other: keyOf('ES256'),
  };
  const names = Object.keys(ways);
  const random = randomFrom(seed);
  const some = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const algs = Object.keys(kinds) as Key['alg'][];
  const chosen: [Key['alg'], ...string[]][] = [
    ...algs.flatMap((alg) => names.map((name): [Key['alg'], string] => [alg, name])),
    ...Array.from({ length: pairs }, (): [Key['alg'], string, string] => [
      some(algs),
      some(names),
      some(names),
    ]),
  ];
  return chosen.map(([alg, ...own]) => async () => {
    const key = keys[alg];
    const draft: Draft = {
      header: { typ: 'dpop+jwt', alg, jwk: key.jwk },
      claims: {
        jti: randomUUID(),
        htm: 'GET',
        htu: `${base}/orders`,
        iat: Math.floor(Date.now() / 1000),
        ath: undefined,
      },
      method: 'GET',
      path: '/orders',
      key,
      bound: key,
      scheme: 'DPoP',
      again: false,
      parts: (parts) => parts,
      lines: (proof) => [proof],
    };
    const withoutAth = own.includes('no ath');
    for (const name of own) ways[name]?.(draft, keys);
    const token = await tokenFor(draft.bound);
    if (!withoutAth) draft.claims.ath ??= createHash('sha256').update(token).digest('base64url');
    const proof = draft.parts(signed(draft)).join('.');
    const { method, path, scheme, again } = draft;
    return { ways: own, method, path, scheme, again, token, dpop: draft.lines(proof) };
  });
}

function signed({ header, claims, key }: Draft): string[] {
  const [, , hash, options] = kinds[key.alg];
  const parts = [encoded(header), encoded(claims)];
  const input = Buffer.from(parts.join('.'));
  const signature = sign(hash, input, { key: key.privateKey, ...options });
  return [...parts, signature.toString('base64url')];
}
