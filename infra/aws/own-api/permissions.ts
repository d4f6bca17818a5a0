// What the authorizer of an API of your own may do: add to its replay table, and derive nonces. Plain data: the local
// system enforces the same.
import type { Statement } from '../../policy/document.ts';

export interface OwnState {
  replayTableArn?: string | undefined;
  nonceKeyArn?: string | undefined;
}

export const authorizerStatements = ({ replayTableArn, nonceKeyArn }: OwnState): Statement[] => [
  // It need not read: the condition of the write says whether a proof is new.
  ...(replayTableArn === undefined
    ? []
    : [{ Effect: 'Allow' as const, Action: 'dynamodb:PutItem', Resource: replayTableArn }]),
  ...(nonceKeyArn === undefined
    ? []
    : [
        {
          Effect: 'Allow' as const,
          Action: 'kms:GenerateMac',
          Resource: nonceKeyArn,
          Condition: { StringEquals: { 'kms:MacAlgorithm': 'HMAC_SHA_256' } },
        },
      ]),
];
