// The composition root: what an environment holds for its life, made at its first event.
import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { keyRing } from '#adapters/key-ring.ts';
import { kmsSigner } from '#adapters/kms-signer.ts';
import { markStore } from '#adapters/mark-store.ts';
import { sessionStore } from '#adapters/session-store.ts';
import { transactionStore } from '#adapters/transaction-store.ts';
import type { Broker } from '#core/broker.ts';
import { issuerOf } from '#core/issuer.ts';
import { nonceCache } from '#core/nonces.ts';
import { readEnvironment } from './config.ts';
import { logEvent } from './log.ts';

let made: Broker | undefined;

export function broker(): Broker {
  made ??= make();
  return made;
}
