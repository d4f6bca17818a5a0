// What we need from AWS, and the SDK's way to it. The SDK's clients are loaded with the first call: most deployments
// use the lean client (lean.ts) and never load them.
import type { Dynamodb } from './dynamodb.ts';
import type { Kms } from './kms.ts';

export interface Aws {
  dynamodb: Dynamodb;
  kms: Kms;
  /** HMAC-SHA-256 under a key of KMS. */
  mac: (keyId: string, message: Uint8Array) => Promise<Uint8Array>;
  /** Returns the text of a secret in Secrets Manager. */
  secret: (arn: string) => Promise<string | undefined>;
}

/** `region` replaces the function's own. */
export function sdkAws(region?: string): Aws {
  let clients: Promise<Aws> | undefined;
  const loaded = () => {
    clients ??= import('./sdk.ts').then(({ sdkClients }) => sdkClients(region));
    return clients;
  };
  return {
    dynamodb: async (operation, asked) => (await loaded()).dynamodb(operation, asked),
    kms: {
      getPublicKey: async (...asked) => (await loaded()).kms.getPublicKey(...asked),
      sign: async (...asked) => (await loaded()).kms.sign(...asked),
    },
    mac: async (...asked) => (await loaded()).mac(...asked),
    secret: async (arn) => (await loaded()).secret(arn),
  };
}
