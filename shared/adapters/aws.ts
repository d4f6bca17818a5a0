// What we ask of AWS, and the way of the SDK. Its clients are loaded with the first call: most deployments go the
// lean way (lean-aws.ts) and never load them.
import type { Dynamodb } from './dynamodb.ts';
import type { Kms } from './kms.ts';

export interface Aws {
  dynamodb: Dynamodb;
  kms: Kms;
  /** The text of a secret of Secrets Manager. */
  secret: (arn: string) => Promise<string | undefined>;
}

/** `region`: another than the function's own. */
export function sdkAws(region?: string): Aws {
  let clients: Promise<Aws> | undefined;
  const loaded = () => {
    clients ??= import('./sdk-clients.ts').then(({ sdkClients }) => sdkClients(region));
    return clients;
  };
  return {
    dynamodb: async (operation, asked) => (await loaded()).dynamodb(operation, asked),
    kms: {
      getPublicKey: async (...asked) => (await loaded()).kms.getPublicKey(...asked),
      sign: async (...asked) => (await loaded()).kms.sign(...asked),
    },
    secret: async (arn) => (await loaded()).secret(arn),
  };
}
