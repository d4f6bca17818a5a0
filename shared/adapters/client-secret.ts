// The client's secret, for the client_secret_* methods: from Secrets Manager, kept for a while, so that
// rotating it there needs no restart here.
import { BrokerError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

const keptMs = 300_000;

export function clientSecret(
  config: { clientSecret?: string | undefined; clientSecretArn?: string | undefined },
  clock: Clock,
): () => Promise<string> {
  let known: { secret: Promise<string>; until: number } | undefined;
  return () => {
    if (config.clientSecret !== undefined) return Promise.resolve(config.clientSecret);
    if (known && clock.now() < known.until) return known.secret;
    const secret = read(config.clientSecretArn ?? '').catch((cause: unknown) => {
      known = undefined;
      throw new BrokerError('internal', 'the client secret cannot be read', { cause });
    });
    known = { secret, until: clock.now() + keptMs };
    return secret;
  };
}

/** Most deployments have no secret: the SDK's client is loaded by those that do. */
async function read(arn: string): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  const client = new SecretsManagerClient({});
  const { SecretString: secret } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  if (!secret) throw new TypeError('the secret is empty or binary');
  return secret;
}
