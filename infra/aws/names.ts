// Names that more than one part of the stacks must agree on.
import { Aws } from 'aws-cdk-lib';
import type { RoleName } from './rights.ts';

export { keyTags } from '#adapters/key-tags.ts';

/** For what an account has once for all its Regions. */
export const regionalName = (broker: string, region: string = Aws.REGION): string =>
  `${broker}-${region}`;

/** Roles have fixed names, so that key policies can name them before the functions exist. */
export const roleName = (broker: string, name: RoleName): string =>
  `${regionalName(broker)}-${name}`;

export const roleArn = (broker: string, name: RoleName): string =>
  `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleName(broker, name)}`;
