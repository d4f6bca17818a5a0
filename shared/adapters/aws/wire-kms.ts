// KMS without the SDK.

import { macIn } from '#adapters/kms/mac.ts';
import type { Kms } from './kms.ts';
import type { Aws } from './ports.ts';
import type { AwsCall } from './wire.ts';

export function wireKms(call: AwsCall): Kms {
  return {
    async getPublicKey(keyId) {
      const answer = (await call('GetPublicKey', JSON.stringify({ KeyId: keyId }))) as Answer;
      return {
        keyId: text(answer.KeyId),
        publicKey: bytes(answer.PublicKey),
        signingAlgorithms: Array.isArray(answer.SigningAlgorithms) ? answer.SigningAlgorithms : [],
      };
    },
    async sign(keyId, algorithm, digest, onSend) {
      const message = Buffer.from(digest).toString('base64');
      const request = {
        KeyId: keyId,
        SigningAlgorithm: algorithm,
        MessageType: 'DIGEST',
        Message: message,
      };
      const answer = (await call('Sign', JSON.stringify(request), onSend)) as Answer;
      return { keyId: text(answer.KeyId), signature: bytes(answer.Signature) };
    },
  };
}

export const wireMac =
  (call: AwsCall): Aws['mac'] =>
  async (keyId, message) => {
    const request = {
      KeyId: keyId,
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from(message).toString('base64'),
    };
    const answer = (await call('GenerateMac', JSON.stringify(request))) as Answer;
    return macIn({ keyId: text(answer.KeyId), mac: bytes(answer.Mac) }, keyId);
  };

type Answer = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const bytes = (value: unknown) =>
  typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
