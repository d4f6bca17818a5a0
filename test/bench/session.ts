// A signed-in user for the benchmark, written as the callback writes it: the sign-in itself is not measured here.
import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { sdkKms } from '#adapters/aws/kms.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { newSecret, sha256 } from '#core/lib/encoding.ts';
import type { SessionRecord } from '#core/ports.ts';
import { newRecord } from '#core/session/session.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import type { Config } from '#shared/config/schema.ts';

/** Writes it, bound to a device by this cookie if there is one, and returns its own cookie. */
export async function storedSession(
  config: Config,
  variables: Record<string, string>,
  keyId: string,
  boundBy?: string,
): Promise<string> {
  const dynamodb = new DynamoDBClient({
    ...options,
    endpoint: variables.AWS_ENDPOINT_URL_DYNAMODB ?? '',
  });
  const secret = newSecret(random);
  const record = sessionOf(config, secret, await keyOf(variables, keyId), boundBy);
  await sessionStore(sdkDynamodb(dynamodb), { name: 'bff', clock }).create(record);
  dynamodb.destroy();
  return secret;
}

export async function keyOf(
  variables: Record<string, string>,
  keyId: string,
): Promise<SessionRecord['key']> {
  const kms = new KMSClient({ ...options, endpoint: variables.AWS_ENDPOINT_URL_KMS ?? '' });
  const { id, jkt, alg } = await kmsSigner(sdkKms(kms)).key(keyId);
  kms.destroy();
  return { id, jkt, alg };
}

export function sessionOf(
  config: Config,
  secret: string,
  key: SessionRecord['key'],
  boundBy?: string,
): SessionRecord {
  const expiresAt = Math.floor(clock.now() / 1000) + 3600;
  return newRecord({ config, clock }, secret, {
    key,
    content: {
      subject: 'bench',
      access: { '': { token: accessToken, expiresAt, renewAt: expiresAt } },
      refreshToken: 'none is asked for',
      claims: { sub: 'bench', name: 'Bench Mark' },
    },
    index: { subject: 'bench' },
    stepUps: 0,
    ...(boundBy !== undefined && {
      device: {
        challengeSecret: newSecret(random),
        bound: { key: '{}', cookie: { hash: sha256(boundBy), endsAt: expiresAt } },
      },
    }),
  });
}

const options = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const random = (size: number) => randomBytes(size);
const clock = { now: () => Date.now() };
const accessToken = randomBytes(600).toString('base64url');
