// Which keys an environment knows, how long, and when it looks again.
import { exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { KeyNotSought, KeysUnavailable, keySet } from '#core/issuer/key-set.ts';

const made: { kid: string; jwk: JWK; sign(): Promise<string> }[] = [];
beforeAll(async () => {
  for (const kid of ['one', 'two', 'three']) {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    made.push({
      kid,
      jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' },
      sign: () => new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey),
    });
  }
});

const minute = 60_000;
const day = 24 * 60 * minute;

/** An endpoint that publishes the first so many keys, or does what `instead` says; its set, and a clock of its own. */
function published(keys = 1) {
  const at = { ms: 1_800_000_000_000 };
  const served = { keys, instead: undefined as (() => Promise<Response>) | undefined, asked: 0 };
  const fetch = () => {
    served.asked += 1;
    const jwks = made.slice(0, served.keys).map(({ jwk }) => jwk);
    return served.instead?.() ?? Promise.resolve(Response.json({ keys: jwks }));
  };
  const key = keySet({ fetch, clock: { now: () => at.ms } }, 'https://as.example/keys');
  return {
    served,
    later: (ms: number) => {
      at.ms += ms;
    },
    /** Whether a token of this key passes, or what was thrown. */
    async takes(which: number): Promise<unknown> {
      const jwt = (await made[which]?.sign()) ?? '';
      return jwtVerify(jwt, key).then(
        () => true,
        (fault: unknown) => fault,
      );
    },
  };
}

const away: Record<string, () => Promise<Response>> = {
  503: async () => new Response('', { status: 503 }),
  429: async () => new Response('', { status: 429 }),
  404: async () => new Response('', { status: 404 }),
  'a redirect': async () => new Response('', { status: 302, headers: { location: '/other' } }),
  'a dead connection': () => Promise.reject(new TypeError('reset')),
  'a page': async () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
  'an empty body': async () => new Response(''),
  'cut JSON': async () => new Response('{"keys":[{"kty"'),
  'keys that are text': async () => Response.json({ keys: 'unavailable' }),
  'no keys': async () => Response.json({ keys: [] }),
  null: async () => Response.json(null),
};

describe.each(Object.entries(away))('an endpoint that answers with %s', (_name, instead) => {
  test('decides nothing about a token, and is asked again for the next one', async () => {
    const { served, takes } = published();
    served.instead = instead;
    expect(await takes(0)).toBeInstanceOf(KeysUnavailable);
    served.instead = undefined;
    expect(await takes(0)).toBe(true);
  });

  test('takes no known key away for a day, and is asked once a minute', async () => {
    const { served, takes, later } = published();
    await takes(0);
    later(11 * minute);
    served.instead = instead;
    served.asked = 0;
    for (let i = 0; i < 5; i += 1) expect(await takes(0)).toBe(true);
    expect(served.asked).toBe(1);
    later(minute);
    expect(await takes(0)).toBe(true);
    expect(served.asked).toBe(2);
    later(day);
    expect(await takes(0)).toBeInstanceOf(KeysUnavailable);
  });

  test('decides nothing about the key that it was asked for', async () => {
    const { served, takes, later } = published();
    await takes(0);
    served.instead = instead;
    for (let i = 0; i < 3; i += 1) {
      later(1);
      const fault = await takes(1);
      expect(fault).toBeInstanceOf(KeysUnavailable);
      expect(fault).not.toBeInstanceOf(KeyNotSought);
    }
    expect(served.asked).toBe(2);
    expect(await takes(0)).toBe(true);
  });
});

test('keys are read again after ten minutes, and a removed one no longer counts', async () => {
  const { served, takes, later } = published(2);
  expect(await takes(1)).toBe(true);
  later(9 * minute);
  await takes(1);
  expect(served.asked).toBe(1);
  served.keys = 1;
  later(2 * minute);
  expect(await takes(1)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('a key that appeared a moment after the last request is found', async () => {
  const { served, takes, later } = published();
  await takes(0);
  served.keys = 2;
  later(1);
  expect(await takes(1)).toBe(true);
  expect(served.asked).toBe(2);
});

test('calls that meet a new key at the same time share one request', async () => {
  const { served, takes, later } = published();
  await takes(0);
  served.keys = 2;
  later(1);
  const all = await Promise.all(Array.from({ length: 20 }, () => takes(1)));
  expect(new Set(all)).toEqual(new Set([true]));
  expect(served.asked).toBe(2);
});

test('a storm of unknown key ids costs one request in half a minute', async () => {
  const { served, takes, later } = published();
  await takes(0);
  served.asked = 0;
  for (let second = 0; second < 60; second += 1) {
    later(1_000);
    await takes(1);
  }
  expect(served.asked).toBe(2);
});

test('a key id that was looked up and not found is a verdict; one that has to wait for its turn is not', async () => {
  const { takes, later } = published();
  await takes(0);
  later(1);
  expect(await takes(1)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  later(1);
  expect(await takes(2)).toBeInstanceOf(KeyNotSought);
});

test('a set that was read for this token is not read again', async () => {
  const { served, takes } = published();
  expect(await takes(1)).toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  expect(served.asked).toBe(1);
});

test('a key that cannot be read decides nothing about what it signed', async () => {
  const { served, takes } = published();
  const { kid } = made[0] ?? {};
  const broken = { kty: 'EC', crv: 'P-256', kid, alg: 'ES256', x: 'AA', y: 'AA' };
  served.instead = async () => Response.json({ keys: [broken] });
  expect(await takes(0)).toBeInstanceOf(KeysUnavailable);
});
