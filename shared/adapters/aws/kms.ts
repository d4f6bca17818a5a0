// The KMS operations that signing and nonces need. Their callers do not care which client performs them.
import type { KMSClient, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { macIn } from '#adapters/kms/mac.ts';
import { GenerateMacCommand, GetPublicKeyCommand, SignCommand } from './clients.ts';

export interface Kms {
  getPublicKey(keyId: string): Promise<KmsPublicKey>;
  /** Signs a SHA-256 digest. */
  sign(keyId: string, algorithm: SigningAlgorithm, digest: Uint8Array): Promise<KmsSignature>;
}

export type SigningAlgorithm = 'ECDSA_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_256';

export interface KmsPublicKey {
  keyId: string | undefined;
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Uint8Array | undefined;
  signingAlgorithms: readonly string[];
}

export interface KmsSignature {
  keyId: string | undefined;
  signature: Uint8Array | undefined;
}

/** The client's maxAttempts should be 2: after a throttle, each back-off takes up to a second. */
export function sdkKms(client: KMSClient): Kms {
  return {
    async getPublicKey(keyId) {
      const answer = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
      return {
        keyId: answer.KeyId,
        publicKey: answer.PublicKey,
        signingAlgorithms: answer.SigningAlgorithms ?? [],
      };
    },
    async sign(keyId, algorithm: SigningAlgorithmSpec, digest) {
      const answer = await client.send(
        new SignCommand({
          KeyId: keyId,
          SigningAlgorithm: algorithm,
          MessageType: 'DIGEST',
          Message: digest,
        }),
      );
      return { keyId: answer.KeyId, signature: answer.Signature };
    },
  };
}

export const sdkMac =
  (client: KMSClient) =>
  async (keyId: string, message: Uint8Array): Promise<Uint8Array> => {
    const answer = await client.send(
      new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: message }),
    );
    return macIn({ keyId: answer.KeyId, mac: answer.Mac }, keyId);
  };
