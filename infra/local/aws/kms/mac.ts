// HMAC keys: GenerateMac and VerifyMac (NIST SP 800-224). The stand-in makes HMAC_256 keys only.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { findKey, mustBe } from './find.ts';
import type { Key } from './keys.ts';
import type { Context } from './operation.ts';
import { blob, type Input, oneOf, Refusal, text } from './refusal.ts';

export type MacSpec = 'HMAC_256';

const knownAlgorithms = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const;

export const macAlgorithms = { HMAC_256: ['HMAC_SHA_256'] } as const;

/** Kept like a private key. */
export const newSecret = (): string => randomBytes(32).toString('base64');

export function generateMac(context: Context, input: Input) {
  const { key, message, algorithm } = asked(context, input);
  return {
    KeyId: key.arn,
    Mac: macOf(key, message).toString('base64'),
    MacAlgorithm: algorithm,
  };
}

export function verifyMac(context: Context, input: Input) {
  const given = blob(input, 'Mac', 6144);
  const { key, message, algorithm } = asked(context, input);
  const made = macOf(key, message);
  if (given.length !== made.length || !timingSafeEqual(given, made)) {
    throw new Refusal('KMSInvalidMacException');
  }
  return { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm };
}

function asked({ store, region }: Context, input: Input) {
  const algorithm = oneOf(text(input, 'MacAlgorithm'), 'MacAlgorithm', knownAlgorithms);
  const message = blob(input, 'Message', 4096);
  const key = mustBe(findKey(store, region, text(input, 'KeyId'), true), 'enabled');
  if (key.spec !== 'HMAC_256') {
    throw new Refusal(
      'InvalidKeyUsageException',
      `${key.arn} key usage is SIGN_VERIFY which is not valid for GENERATE_VERIFY_MAC.`,
    );
  }
  if (algorithm !== 'HMAC_SHA_256') {
    throw new Refusal(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
    );
  }
  return { key, message, algorithm };
}

const macOf = (key: Key, message: Uint8Array) =>
  createHmac('sha256', Buffer.from(key.privateKey, 'base64')).update(message).digest();
