// What else is used of the AWS SDK, by clients that authenticate with a secret. The operator's function never loads it.
export { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
