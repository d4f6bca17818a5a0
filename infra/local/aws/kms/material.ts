// Key pairs and signatures as KMS makes them: DER for ECDSA, PKCS#1 v1.5 and PSS for RSA.
import {
  constants,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateEncrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { p256 } from '@noble/curves/nist.js';

export type KeySpec = 'ECC_NIST_P256' | 'RSA_2048';

export type MacSpec = 'HMAC_256';

export const macAlgorithms = { HMAC_256: ['HMAC_SHA_256'] } as const satisfies Record<
  MacSpec,
  unknown
>;

/** The secret of an HMAC key, kept like a private key. */
export const newSecret = (): string => randomBytes(32).toString('base64');

export const usageOf = (spec: KeySpec | MacSpec) =>
  spec === 'HMAC_256' ? 'GENERATE_VERIFY_MAC' : 'SIGN_VERIFY';

const rsaAlgorithms = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
] as const;

export const signingAlgorithms = {
  ECC_NIST_P256: ['ECDSA_SHA_256'],
  RSA_2048: rsaAlgorithms,
} as const satisfies Record<KeySpec, readonly string[]>;

/**
 * All algorithms that KMS knows. One that does not fit the key is refused for the key; an unknown one is refused before
 * a key is looked up.
 */
export const knownAlgorithms = [
  ...rsaAlgorithms,
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
  'SM2DSA',
  'ML_DSA_SHAKE_256',
] as const;

export interface Material {
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Buffer;
  sign(algorithm: string, digest: Uint8Array): Uint8Array;
}

const generate = promisify(generateKeyPair);

/** A new private key: PKCS#8, PEM. */
export async function newPrivateKey(spec: KeySpec): Promise<string> {
  const { privateKey } =
    spec === 'RSA_2048'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function materialOf(pem: string): Material {
  const key = createPrivateKey(pem);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const sign = key.asymmetricKeyType === 'rsa' ? rsaSigner(key) : ecdsaSigner(key);
  return { publicKey, sign };
}

export const hashOf = (algorithm: string) => `sha${algorithm.slice(-3)}`;
export const digestBytes = (algorithm: string) => Number(algorithm.slice(-3)) / 8;

// ECDSA (FIPS 186-5 section 6.4.1) over a given digest: node:crypto would hash it again, and @noble/curves alone takes
// 0.7 ms. OpenSSL multiplies the point and noble's field does the rest, in 0.1 ms. As in KMS, s is not normalised to
// the low half, and no two signatures are alike.
function ecdsaSigner(key: KeyObject): Material['sign'] {
  const { Fn } = p256.Point;
  const secret = number(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  return (_algorithm, digest) => {
    const ephemeral = createECDH('prime256v1');
    const x = ephemeral.generateKeys().subarray(1, 33);
    const k = number(ephemeral.getPrivateKey());
    const r = Fn.create(number(x));
    const s = Fn.mul(Fn.inv(k), Fn.add(Fn.create(number(digest)), Fn.mul(r, secret)));
    return new p256.Signature(r, s).toBytes('der');
  };
}

const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

function rsaSigner(key: KeyObject): Material['sign'] {
  return (algorithm, digest) =>
    algorithm.startsWith('RSASSA_PSS')
      ? privateEncrypt(
          { key, padding: constants.RSA_NO_PADDING },
          pssEncoded(hashOf(algorithm), digest),
        )
      : privateEncrypt(
          { key, padding: constants.RSA_PKCS1_PADDING },
          Buffer.concat([digestInfo[digestBytes(algorithm)] ?? Buffer.alloc(0), digest]),
        );
}

/** The DER prefix of a digest, by its length (RFC 8017 section 9.2, note 1). */
const digestInfo: Record<number, Buffer> = {
  32: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  48: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  64: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};

/** EMSA-PSS (RFC 8017 section 9.1.1) for 2,048 bits and a salt as long as the digest. */
function pssEncoded(hash: string, digest: Uint8Array): Buffer {
  const salt = randomBytes(digest.length);
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  const block = Buffer.alloc(256 - h.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  const mask = mgf1(hash, h, block.length);
  const masked = block.map((byte, at) => byte ^ (mask[at] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return Buffer.concat([masked, h, Buffer.of(0xbc)]);
}

function mgf1(hash: string, seed: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / seed.length) }, (_, counter) =>
    createHash(hash)
      .update(seed)
      .update(Buffer.of(0, 0, 0, counter))
      .digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
