// The KMS operations that signing and nonces need. Their callers do not care which client performs them.
import type { KMSClient, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { macIn } from '#adapters/kms/mac.ts';
import { GenerateMacCommand, GetPublicKeyCommand, SignCommand } from './clients.ts';
import type { OnSend } from './wire.ts';

export interface Kms {
  getPublicKey(keyId: string): Promise<KmsPublicKey>;
  /** Signs a SHA-256 digest. */
  sign(
    keyId: string,
    algorithm: SigningAlgorithm,
    digest: Uint8Array,
    onSend?: OnSend,
  ): Promise<KmsSignature>;
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
    async sign(keyId, algorithm: SigningAlgorithmSpec, digest, onSend) {
      const command = new SignCommand({
        KeyId: keyId,
        SigningAlgorithm: algorithm,
        MessageType: 'DIGEST',
        Message: digest,
      });
      if (onSend) watch(command, onSend);
      const answer = await client.send(command);
      return { keyId: answer.KeyId, signature: answer.Signature };
    },
  };
}

/** Within the SDK's repeats, and around its reading of the answer. */
const watch = ({ middlewareStack }: SignCommand, onSend: OnSend): void =>
  middlewareStack.add(
    (next) => async (request) => {
      const over = onSend();
      try {
        const answer = await next(request);
        over();
        return answer;
      } catch (fault) {
        over(fault);
        throw fault;
      }
    },
    { step: 'deserialize', priority: 'high' },
  );

export const sdkMac =
  (client: KMSClient) =>
  async (keyId: string, message: Uint8Array): Promise<Uint8Array> => {
    const answer = await client.send(
      new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: message }),
    );
    return macIn({ keyId: answer.KeyId, mac: answer.Mac }, keyId);
  };
