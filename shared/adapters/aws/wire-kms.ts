// KMS for the signer, without the SDK.

import type { Kms } from './kms.ts';
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
    async sign(keyId, algorithm, digest) {
      const message = Buffer.from(digest).toString('base64');
      const request = {
        KeyId: keyId,
        SigningAlgorithm: algorithm,
        MessageType: 'DIGEST',
        Message: message,
      };
      const answer = (await call('Sign', JSON.stringify(request))) as Answer;
      return { keyId: text(answer.KeyId), signature: bytes(answer.Signature) };
    },
  };
}

type Answer = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const bytes = (value: unknown) =>
  typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
