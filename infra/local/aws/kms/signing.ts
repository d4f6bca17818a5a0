// Operations that use a key (GetPublicKey, Sign, GenerateMac, VerifyMac), and when it was last used.
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { findKey, mustBe } from './find.ts';
import { type Key, seconds } from './keys.ts';
import { digestBytes, hashOf, knownAlgorithms, signingAlgorithms } from './material.ts';
import type { Context } from './operation.ts';
import { blob, type Input, KmsRefusal, oneOf, optionalText, text } from './refusal.ts';

export function getPublicKey({ store, region }: Context, input: Input) {
  const key = mustBe(findKey(store, region, text(input, 'KeyId'), true), 'enabled');
  if (key.spec === 'HMAC_256') {
    throw new KmsRefusal('UnsupportedOperationException', `${key.arn} is not an asymmetric key.`);
  }
  return {
    KeyId: key.arn,
    PublicKey: store.material(key).publicKey.toString('base64'),
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    KeyUsage: 'SIGN_VERIFY',
    SigningAlgorithms: signingAlgorithms[key.spec],
  };
}

export function sign({ store, region }: Context, input: Input) {
  const algorithm = oneOf(text(input, 'SigningAlgorithm'), 'SigningAlgorithm', knownAlgorithms);
  const messageType = oneOf(
    optionalText(input, 'MessageType') ?? 'RAW',
    'MessageType',
    messageTypes,
  );
  const message = blob(input, 'Message', 4096);
  const key = mustBe(findKey(store, region, text(input, 'KeyId'), true), 'enabled');
  if (key.spec === 'HMAC_256') {
    throw new KmsRefusal(
      'InvalidKeyUsageException',
      `${key.arn} key usage is GENERATE_VERIFY_MAC which is not valid for SIGN_VERIFY.`,
    );
  }
  if (!signingAlgorithms[key.spec].some((one) => one === algorithm)) {
    throw new KmsRefusal(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
    );
  }
  if (messageType === 'EXTERNAL_MU') {
    throw new KmsRefusal(
      'ValidationException',
      `Message type EXTERNAL_MU is incompatible with key spec ${key.spec}.`,
    );
  }
  if (messageType === 'DIGEST' && message.length !== digestBytes(algorithm)) {
    throw new KmsRefusal(
      'ValidationException',
      `Digest is invalid length for algorithm ${algorithm}.`,
    );
  }
  if (input.DryRun === true) {
    throw new KmsRefusal(
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    );
  }
  const digest =
    messageType === 'DIGEST' ? message : createHash(hashOf(algorithm)).update(message).digest();
  const signature = store.material(key).sign(algorithm, digest);
  key.lastUse = { operation: 'Sign', at: store.now(), request: randomUUID() };
  return {
    KeyId: key.arn,
    Signature: Buffer.from(signature).toString('base64'),
    SigningAlgorithm: algorithm,
  };
}

const messageTypes = ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const;

export function getKeyLastUsage({ store, region }: Context, input: Input) {
  const key = findKey(store, region, text(input, 'KeyId'));
  return {
    KeyId: key.arn,
    KeyCreationDate: seconds(key.createdAt),
    TrackingStartDate: seconds(key.createdAt),
    ...(key.lastUse && {
      KeyLastUsage: {
        Operation: key.lastUse.operation,
        Timestamp: seconds(key.lastUse.at),
        CloudTrailEventId: key.lastUse.request,
        KmsRequestId: key.lastUse.request,
      },
    }),
  };
}

export function generateMac(context: Context, input: Input) {
  const { key, message, algorithm } = macAsked(context, input);
  return {
    KeyId: key.arn,
    Mac: macOf(key, message).toString('base64'),
    MacAlgorithm: algorithm,
  };
}

export function verifyMac(context: Context, input: Input) {
  const given = blob(input, 'Mac', 6144);
  const { key, message, algorithm } = macAsked(context, input);
  const made = macOf(key, message);
  if (given.length !== made.length || !timingSafeEqual(given, made)) {
    throw new KmsRefusal('KMSInvalidMacException');
  }
  return { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm };
}

function macAsked({ store, region }: Context, input: Input) {
  const algorithm = oneOf(text(input, 'MacAlgorithm'), 'MacAlgorithm', knownMacs);
  const message = blob(input, 'Message', 4096);
  const key = mustBe(findKey(store, region, text(input, 'KeyId'), true), 'enabled');
  if (key.spec !== 'HMAC_256') {
    throw new KmsRefusal(
      'InvalidKeyUsageException',
      `${key.arn} key usage is SIGN_VERIFY which is not valid for GENERATE_VERIFY_MAC.`,
    );
  }
  if (algorithm !== 'HMAC_SHA_256') {
    throw new KmsRefusal(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
    );
  }
  return { key, message, algorithm };
}

const macOf = (key: Key, message: Uint8Array) =>
  createHmac('sha256', Buffer.from(key.privateKey, 'base64')).update(message).digest();

const knownMacs = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const;
