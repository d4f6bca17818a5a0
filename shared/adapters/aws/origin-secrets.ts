// The secrets that CloudFront may send, kept for the life of an environment.
import type { Clock } from '#core/ports.ts';
import type { Aws } from './ports.ts';

export interface OriginSecrets {
  known(): Promise<string[]>;
  /** Reads again, but seldom: a flood of wrong secrets must not become a flood of reads. */
  reread(): Promise<string[]>;
}

const rereadMs = 30_000;

export function originSecrets(read: () => Promise<string[]>, clock: Clock): OriginSecrets {
  let kept: Promise<string[]> | undefined;
  let readAt = 0;
  const known = () => {
    if (kept !== undefined) return kept;
    readAt = clock.now();
    kept = read().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
  return {
    known,
    reread: () => {
      if (clock.now() - readAt >= rereadMs) kept = undefined;
      return known();
    },
  };
}

export const secretsOf = (read: Aws['secret'], arns: readonly string[]) => (): Promise<string[]> =>
  Promise.all(
    arns.map(async (arn) => {
      const secret = await read(arn);
      if (!secret) throw new Error('the origin secret is empty');
      return secret;
    }),
  );
