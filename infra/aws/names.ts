// Names that more than one part of the stacks must agree on.
import { Aws } from 'aws-cdk-lib';
import type { RoleName } from './rights.ts';

/** Tags by which a key belongs to a broker: permissions follow them, so a key made by a rotation needs no deployment. */
export const keyTags = { broker: 'bff-broker', use: 'bff-use' } as const;

/**
 * Roles have fixed names, so that key policies can name them before the functions exist. Regions share the
 * account's roles, so the Region is part of the name.
 */
export const roleName = (broker: string, name: RoleName): string =>
  `${broker}-${Aws.REGION}-${name}`;

export const roleArn = (broker: string, name: RoleName): string =>
  `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleName(broker, name)}`;
