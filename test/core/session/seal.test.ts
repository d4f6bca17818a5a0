import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newSecret } from '#core/lib/encoding.ts';
import { seal, unseal } from '#core/session/seal.ts';

const secret = newSecret(randomBytes);
const content = { refreshToken: 'r', claims: { name: 'Zoë' } };

test('what is sealed under a cookie opens with it', () => {
  expect(unseal(secret, 'id.1', seal(secret, 'id.1', content))).toEqual(content);
});

test('it opens with no other cookie, in no other place and after no change', () => {
  const sealed = seal(secret, 'id.1', content);
  expect(unseal(newSecret(randomBytes), 'id.1', sealed)).toBeUndefined();
  expect(unseal(secret, 'id.2', sealed)).toBeUndefined();
  for (let i = 0; i < sealed.length; i++) {
    const changed = Uint8Array.from(sealed);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(unseal(secret, 'id.1', changed), `byte ${i}`).toBeUndefined();
  }
  for (const length of [0, 1, 12, 28, sealed.length - 1]) {
    expect(unseal(secret, 'id.1', sealed.subarray(0, length)), `${length} bytes`).toBeUndefined();
  }
});

test('the same content never looks the same twice, and shows nothing of itself', () => {
  const [one, two] = [seal(secret, 'id.1', content), seal(secret, 'id.1', content)];
  expect(Buffer.from(one).equals(two)).toBe(false);
  expect(Buffer.from(one).toString('latin1')).not.toContain('claims');
});

test('the key of a seal is HKDF-SHA-256 of the cookie, as the platform derives it', () => {
  const sealed = seal(secret, 'id.1', content);
  const key = hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', 'bff seal 1', 32);
  const decipher = createDecipheriv('aes-256-gcm', new Uint8Array(key), sealed.subarray(1, 13))
    .setAAD(Buffer.from('id.1'))
    .setAuthTag(sealed.subarray(-16));
  const opened = Buffer.concat([decipher.update(sealed.subarray(13, -16)), decipher.final()]);
  expect(JSON.parse(opened.toString())).toEqual(content);
});
