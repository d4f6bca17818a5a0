// What every function of ours has, whoever it serves.
import type { Role } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { acknowledgeResources } from '#infra/aws/acknowledge.ts';
import type { Surroundings } from '#infra/aws/surroundings.ts';

export const functionDefaults = ({
  tracing,
  encryptionKey,
}: Pick<Surroundings, 'tracing' | 'encryptionKey'>) =>
  ({
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: 'index.handler',
    tracing: tracing === false ? lambda.Tracing.DISABLED : lambda.Tracing.ACTIVE,
    ...(encryptionKey && { environmentEncryption: encryptionKey }),
  }) satisfies Partial<lambda.FunctionProps>;

/** For the rules of cdk-nag. */
export const acknowledgeTracingAndNetwork = (role: Role): void =>
  acknowledgeResources(
    role,
    'X-Ray and network interfaces have no names before they exist, so these actions are allowed on all.',
    ['*'],
  );
