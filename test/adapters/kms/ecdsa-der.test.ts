import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joseSignature } from '#adapters/kms/ecdsa-der.ts';
import { holds } from '#test/support/holds.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const full = '11'.repeat(32);

test.each([
  ['of full length', `3044 0220 ${full} 0220 ${full}`, `${full}${full}`],
  [
    'with zero bytes in front',
    `3046 0221 00${'80'.repeat(32)} 0221 00${'ff'.repeat(32)}`,
    '80'.repeat(32) + 'ff'.repeat(32),
  ],
  ['with a short r', `3043 021f ${'22'.repeat(31)} 0220 ${full}`, `00${'22'.repeat(31)}${full}`],
  ['with a short s', `3042 0220 ${full} 021e ${'33'.repeat(30)}`, `${full}0000${'33'.repeat(30)}`],
  ['of single bytes', '3006 020101 02017f', `${'00'.repeat(31)}01${'00'.repeat(31)}7f`],
])('a signature %s becomes 64 bytes', (_title, der, jose) => {
  expect(Buffer.from(joseSignature(bytes(der))).toString('hex')).toBe(jose);
});

test.each([
  ['nothing', ''],
  ['another tag than a sequence', `3144 0220 ${full} 0220 ${full}`],
  ['a sequence that is too long', `3045 0220 ${full} 0220 ${full}`],
  ['a sequence that is too short', `3043 0220 ${full} 0220 ${full}`],
  ['bytes after it', `3044 0220 ${full} 0220 ${full} 00`],
  ['bytes after s within it', `3045 0220 ${full} 0220 ${full} 00`],
  ['one integer', `3022 0220 ${full}`],
  ['three integers', '3009 020101 020101 020101'],
  ['something else than an integer', `3044 0320 ${full} 0220 ${full}`],
  ['an empty integer', `3024 0200 0220 ${full}`],
  ['a negative integer', `3044 0220 80${'11'.repeat(31)} 0220 ${full}`],
  ['zero', `3025 020100 0220 ${full}`],
  ['a needless zero byte', `3044 0220 00${'11'.repeat(31)} 0220 ${full}`],
  ['an integer of 33 bytes', `3045 0221 ${'11'.repeat(33)} 0220 ${full}`],
  ['an integer of another curve', `3066 0231 00${'ff'.repeat(48)} 0231 00${'ff'.repeat(48)}`],
  ['an integer that ends outside', `3044 0220 ${full} 0240 ${full}`],
])('%s is refused', (_title, der) => {
  expect(() => joseSignature(bytes(der))).toThrow(TypeError);
});

test('random bytes are refused or give 64 bytes, and nothing else happens', async () => {
  await holds(
    fc.property(fc.uint8Array({ maxLength: 80 }), (der) => {
      try {
        return joseSignature(der).length === 64;
      } catch (error) {
        return error instanceof TypeError;
      }
    }),
  );
});

test('what node:crypto signs in DER it verifies as r||s', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  for (let i = 0; i < 2_000; i++) {
    const data = Buffer.from(String(i));
    const jose = joseSignature(sign('sha256', data, privateKey));
    expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, jose)).toBe(true);
  }
});
