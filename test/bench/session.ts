// A signed-in user for the benchmark, written as the callback writes it: the sign-in itself is not measured here.
import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { sdkKms } from '#adapters/aws/kms.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { newSecret, sha256 } from '#core/lib/encoding.ts';
import { newRecord } from '#core/session/session.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import type { Config } from '#shared/config/schema.ts';

/** `boundBy`: the value of the cookie that proves its device. */
export async function storedSession(
  config: Config,
  variables: Record<string, string>,
  keyId: string,
  boundBy?: string,
): Promise<string> {
  const options = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const clock = { now: () => Date.now() };
  const dynamodb = new DynamoDBClient({
    ...options,
    endpoint: variables.AWS_ENDPOINT_URL_DYNAMODB ?? '',
  });
  const kms = new KMSClient({ ...options, endpoint: variables.AWS_ENDPOINT_URL_KMS ?? '' });
  const random = (size: number) => randomBytes(size);
  const secret = newSecret(random);
  const expiresAt = Math.floor(clock.now() / 1000) + 3600;
  const record = newRecord({ config, clock }, secret, {
    key: await kmsSigner(sdkKms(kms)).key(keyId),
    content: {
      subject: 'bench',
      access: { '': { token: random(600).toString('base64url'), expiresAt, renewAt: expiresAt } },
      refreshToken: 'none is asked for',
      claims: { sub: 'bench', name: 'Bench Mark' },
    },
    index: { subject: 'bench' },
    stepUps: 0,
    ...(boundBy && {
      device: {
        challengeSecret: newSecret(random),
        bound: { key: '{}', cookie: { hash: sha256(boundBy), endsAt: expiresAt } },
      },
    }),
  });
  await sessionStore(sdkDynamodb(dynamodb), { name: 'bff', clock }).create(record);
  dynamodb.destroy();
  kms.destroy();
  return secret;
}
