// The secrets that CloudFront may prove itself with, read from Secrets Manager once per environment.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readAuthorizerEnvironment } from './config.ts';

export interface OriginSecrets {
  known(): Promise<string[]>;
  /** Again, but seldom: a flood of wrong secrets must not become a flood of reads. */
  reread(): Promise<string[]>;
}

const rereadMs = 30_000;

export function originSecrets(
  read: () => Promise<string[]> = readFromSecretsManager,
  now: () => number = Date.now,
): OriginSecrets {
  let kept: Promise<string[]> | undefined;
  let readAt = 0;
  const known = () => {
    if (kept !== undefined) return kept;
    readAt = now();
    kept = read().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
  return {
    known,
    reread: () => {
      if (now() - readAt >= rereadMs) kept = undefined;
      return known();
    },
  };
}

let client: SecretsManagerClient | undefined;

function readFromSecretsManager(): Promise<string[]> {
  client ??= new SecretsManagerClient({});
  const manager = client;
  return Promise.all(
    readAuthorizerEnvironment().map(async (SecretId) => {
      const { SecretString } = await manager.send(new GetSecretValueCommand({ SecretId }));
      if (!SecretString) throw new Error('the origin secret is empty');
      return SecretString;
    }),
  );
}
