import { expect, test } from 'vitest';
import { pinnedSigner } from '#core/dpop/signing.ts';
import { NotSigned } from '#core/errors.ts';
import type { KeyRing, Signer } from '#core/ports.ts';
import { memoryKey } from '#test/support/keys.ts';

const unavailable = new NotSigned('KMS Sign failed: DisabledException', {
  headers: { 'retry-after': '2' },
});
const ringWith = (disabled: string[]): KeyRing => ({
  active: async () => 'key-1',
  published: async () => [],
  disabled: async (use, id) => use === 'dpop' && disabled.includes(id),
  doubt: () => {},
});

async function signerThat(fault: Error): Promise<Signer> {
  const key = await memoryKey();
  return { key: async () => ({ ...key, sign: () => Promise.reject(fault) }) };
}

test('a key that an operator took out ends the session: its user signs in again', async () => {
  const signer = pinnedSigner(await signerThat(unavailable), ringWith(['key-1']));
  const key = await signer.key('key-1');
  await expect(key.sign(Buffer.of(1))).rejects.toMatchObject({ code: 'session_expired' });
});

test('a key that does not sign puts what is known of the ring in doubt, before it is asked', async () => {
  const asked: string[] = [];
  const ring: KeyRing = {
    ...ringWith([]),
    disabled: async () => asked.push('disabled') > 99,
    doubt: () => void asked.push('doubt'),
  };
  const key = await pinnedSigner(await signerThat(unavailable), ring).key('key-1');
  await expect(key.sign(Buffer.of(1))).rejects.toBe(unavailable);
  expect(asked).toEqual(['doubt', 'disabled']);
});

test('a key that is only away is signer_unavailable, with its Retry-After', async () => {
  const signer = pinnedSigner(await signerThat(unavailable), ringWith([]));
  const key = await signer.key('key-1');
  await expect(key.sign(Buffer.of(1))).rejects.toBe(unavailable);
});

test('a key that does not even show its public part is explained the same way', async () => {
  const dead: Signer = { key: () => Promise.reject(unavailable) };
  await expect(pinnedSigner(dead, ringWith(['key-1'])).key('key-1')).rejects.toMatchObject({
    code: 'session_expired',
  });
  await expect(pinnedSigner(dead, ringWith([])).key('key-1')).rejects.toBe(unavailable);
});

test('when the ring cannot be read either, it is signer_unavailable', async () => {
  const ring = { ...ringWith([]), disabled: () => Promise.reject(new Error('no table')) };
  const key = await pinnedSigner(await signerThat(unavailable), ring).key('key-1');
  await expect(key.sign(Buffer.of(1))).rejects.toBe(unavailable);
});

test('another failure is passed on as it is', async () => {
  const bug = new TypeError('bug');
  const key = await pinnedSigner(await signerThat(bug), ringWith(['key-1'])).key('key-1');
  await expect(key.sign(Buffer.of(1))).rejects.toBe(bug);
});

test('a key that signs is used without reading the ring, and is the same each time', async () => {
  const made = await memoryKey();
  const ring = { ...ringWith([]), disabled: () => Promise.reject(new Error('asked')) };
  const signer = pinnedSigner({ key: async () => made }, ring);
  const key = await signer.key('key-1');
  expect(await key.sign(Buffer.of(1))).toHaveLength(64);
  expect(await signer.key('key-1')).toBe(key);
});
