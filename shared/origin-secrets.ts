// The secrets that CloudFront may send, read from Secrets Manager once per environment.
import type { Aws } from '#adapters/aws/ports.ts';
import { httpClient } from '#adapters/http/client.ts';
import { readAuthorizerEnvironment } from './config/environment.ts';
import { awsOver } from './runtime/aws.ts';

export interface OriginSecrets {
  known(): Promise<string[]>;
  /** Reads again, but seldom: a flood of wrong secrets must not become a flood of reads. */
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

let read: Aws['secret'] | undefined;

function readFromSecretsManager(): Promise<string[]> {
  read ??= awsOver(httpClient()).secret;
  const secretOf = read;
  return Promise.all(
    readAuthorizerEnvironment().map(async (arn) => {
      const secret = await secretOf(arn);
      if (!secret) throw new Error('the origin secret is empty');
      return secret;
    }),
  );
}
