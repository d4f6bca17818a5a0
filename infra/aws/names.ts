// Names that more than one part of the stacks must agree on.
import { Aws } from 'aws-cdk-lib';
import type { RoleName } from './rights.ts';

export { keyTags } from '#adapters/key-tags.ts';

/**
 * Roles have fixed names, so that key policies can name them before the functions exist. Regions share the
 * account's roles, so the Region is part of the name.
 */
export const roleName = (broker: string, name: RoleName): string =>
  `${broker}-${Aws.REGION}-${name}`;

export const roleArn = (broker: string, name: RoleName): string =>
  `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleName(broker, name)}`;
