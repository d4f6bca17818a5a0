// The client's secret for the client_secret_* methods. It is read from Secrets Manager and kept for a while, so that
// rotating it needs no restart. While it cannot be read again, the one that was read before serves on.
import { BrokerError, retrySoon } from '#core/errors.ts';
import type { Clock } from '#core/ports.ts';
import type { Aws } from './ports.ts';

const keptMs = 300_000;
const againMs = 30_000;

export function clientSecret(
  config: { clientSecret?: string | undefined; clientSecretArn?: string | undefined },
  clock: Clock,
  read: Aws['secret'],
): () => Promise<string> {
  let known: { secret: Promise<string>; until: number } | undefined;
  let last: string | undefined;
  return () => {
    if (config.clientSecret !== undefined) return Promise.resolve(config.clientSecret);
    if (known && clock.now() < known.until) return known.secret;
    const asked = { secret: ask(), until: clock.now() + keptMs };
    known = asked;
    return asked.secret;

    async function ask(): Promise<string> {
      try {
        last = await text(read, config.clientSecretArn ?? '');
        return last;
      } catch (cause) {
        if (last === undefined) known = undefined;
        else asked.until = clock.now() + againMs;
        return last ?? unreadable(cause);
      }
    }
  };
}

function unreadable(cause: unknown): never {
  throw new BrokerError('signer_unavailable', 'the client secret cannot be read', {
    cause,
    headers: retrySoon(),
  });
}

async function text(read: Aws['secret'], arn: string): Promise<string> {
  const secret = await read(arn);
  if (!secret) throw new TypeError('the secret is empty or binary');
  return secret;
}
