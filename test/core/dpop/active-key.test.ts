// With the ring as an environment keeps it: read a moment ago, and good for half a minute.
import { beforeEach, expect, test } from 'vitest';
import { keyRing } from '#adapters/table/key-ring.ts';
import { withActiveKey } from '#core/dpop/active-key.ts';
import { pinnedSigner } from '#core/dpop/signing.ts';
import { BrokerError, NotSigned } from '#core/errors.ts';
import { addKey, firstRing, moveKey, type Ring } from '#core/keys/ring.ts';
import type { KeyRing, Signer, SigningKey } from '#core/ports.ts';
import { memoryKey } from '#test/support/keys.ts';

let ring: Ring;
let out: Set<string>;
let unpinned: Signer;
let environment: { signer: Signer; keyRing: KeyRing };
let asked: string[];

beforeEach(async () => {
  ring = firstRing('dpop', 'first');
  out = new Set();
  asked = [];
  const store = { read: async () => ring, replace: async () => false };
  const known = keyRing(store, { now: () => 1_000_000 });
  const keys: Record<string, SigningKey> = {};
  for (const id of ['first', 'second']) {
    const key = await memoryKey('ES256', id);
    const sign = async (data: Uint8Array) => {
      asked.push(id);
      if (out.has(id)) throw new NotSigned('KMS Sign failed');
      return key.sign(data);
    };
    keys[id] = { ...key, sign };
  }
  unpinned = { key: async (id) => keys[id] as SigningKey };
  environment = { signer: pinnedSigner(unpinned, known), keyRing: known };
  await known.active('dpop');
});

const signed = () => signedWith(environment);
const signedWith = (place: typeof environment) =>
  withActiveKey(place, 'dpop', async (key) => {
    await key.sign(Buffer.of(1));
    return key.id;
  });

test('a key that was taken out since gives way to the one that is active now', async () => {
  ring = moveKey(moveKey(addKey(ring, 'second', 1), 'second', 'active', 2), 'first', 'disabled', 3);
  out.add('first');
  expect(await signed()).toBe('second');
  expect(await signed()).toBe('second');
  expect(asked).toEqual(['first', 'second', 'second']);
});

test('a key that has begun to drain still signs', async () => {
  ring = moveKey(addKey(ring, 'second', 1), 'second', 'active', 2);
  expect(await signed()).toBe('first');
});

test('an active key that does not sign is asked once', async () => {
  out.add('first');
  await expect(signed()).rejects.toMatchObject({ code: 'signer_unavailable' });
  expect(asked).toEqual(['first']);
});

test('without an active key the answer is signer_unavailable, with a time to come back', async () => {
  ring = moveKey(ring, 'first', 'disabled', 1);
  out.add('first');
  await expect(signed()).rejects.toMatchObject({
    code: 'signer_unavailable',
    headers: { 'retry-after': expect.stringMatching(/^[1-3]$/) },
  });
});

test('when the key that took over is taken out as well, it is signer_unavailable: no session has ended', async () => {
  const { keyRing: known } = environment;
  const ids = ['first', 'second'];
  const keyRing = {
    ...known,
    active: async () => ids.shift() ?? 'second',
    disabled: async () => true,
  };
  const signer = pinnedSigner(unpinned, keyRing);
  out = new Set(ids);
  await expect(signedWith({ signer, keyRing })).rejects.toMatchObject({
    code: 'signer_unavailable',
    headers: { 'retry-after': expect.stringMatching(/^[1-3]$/) },
  });
  expect(asked).toEqual(['first', 'second']);
});

test('the end of a session is not taken for the end of a key', async () => {
  const ended = new BrokerError('session_expired', 'the cookie has no session');
  let attempts = 0;
  const failing = withActiveKey(environment, 'dpop', () => {
    attempts += 1;
    ring = moveKey(addKey(ring, 'second', 1), 'second', 'active', 2);
    environment.keyRing.doubt();
    return Promise.reject(ended);
  });
  await expect(failing).rejects.toBe(ended);
  expect(attempts).toBe(1);
});

test('another failure is passed on, and no other key is tried', async () => {
  const bug = new TypeError('bug');
  ring = moveKey(addKey(ring, 'second', 1), 'second', 'active', 2);
  environment.keyRing.doubt();
  const failing = withActiveKey(environment, 'dpop', () => Promise.reject(bug));
  await expect(failing).rejects.toBe(bug);
});
