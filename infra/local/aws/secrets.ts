// Secrets Manager on this machine, as far as functions need it: one secret, read by its ARN.

import { account, region } from '#infra/local/gateway/lambda/variables.ts';
import { type AwsAnswer, type AwsEndpoint, startAwsEndpoint } from './endpoint.ts';
import type { Guard } from './iam/guard.ts';

export const clientSecretArn = `arn:aws:secretsmanager:${region}:${account}:secret:client-AbCd12`;

const contentType = 'application/x-amz-json-1.1';

/** `secret` returns its current value. */
export const startSecrets = (secret: () => string, guard?: Guard): Promise<AwsEndpoint> =>
  startAwsEndpoint({
    contentType,
    answer({ operation, accessKeyId, region, body }) {
      const { SecretId: id } = JSON.parse(body.toString() || '{}') as { SecretId?: string };
      if (operation !== 'GetSecretValue') return refusal('UnknownOperationException');
      if (id !== clientSecretArn) {
        return refusal(
          'ResourceNotFoundException',
          "Secrets Manager can't find the specified secret.",
        );
      }
      const context = { 'aws:RequestedRegion': region };
      const need = { action: 'secretsmanager:GetSecretValue', resource: id, context };
      const refused = guard?.refuses(accessKeyId, [need]);
      if (refused) return refusal(refused.error, refused.message);
      return json(200, { ARN: id, Name: 'client', SecretString: secret() });
    },
  });

const refusal = (error: string, message = ''): AwsAnswer =>
  json(400, { __type: error, Message: message });

const json = (status: number, body: object): AwsAnswer => ({
  status,
  headers: { 'content-type': contentType },
  body: JSON.stringify(body),
});
