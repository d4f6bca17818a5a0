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
  return () => {
    if (config.clientSecret !== undefined) return Promise.resolve(config.clientSecret);
    if (known && clock.now() < known.until) return known.secret;
    const before = known?.secret;
    const secret = text(read, config.clientSecretArn ?? '').catch((cause: unknown) => {
      if (!before) {
        known = undefined;
        throw unreadable(cause);
      }
      asked.until = clock.now() + againMs;
      return before;
    });
    const asked = { secret, until: clock.now() + keptMs };
    known = asked;
    return secret;
  };
}

const unreadable = (cause: unknown) =>
  new BrokerError('signer_unavailable', 'the client secret cannot be read', {
    cause,
    headers: retrySoon(),
  });

async function text(read: Aws['secret'], arn: string): Promise<string> {
  const secret = await read(arn);
  if (!secret) throw new TypeError('the secret is empty or binary');
  return secret;
}
