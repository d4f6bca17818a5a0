// Names on which several parts of the stacks must agree. This file and the permission files are plain data: the local
// system enforces the same policies and never loads the CDK.
import type { RoleName } from './rights.ts';

export { keyTags } from '#adapters/kms/tags.ts';

/** Where a broker is. In a stack, some values are known only once it is deployed. */
export interface AwsPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** For names that an account has once for all its Regions. */
export const regionalName = (broker: string, region: string): string => `${broker}-${region}`;

/** Roles have fixed names, so that key policies can name them before the functions exist. */
export const roleName = ({ region }: AwsPlace, broker: string, name: RoleName): string =>
  `${regionalName(broker, region)}-${name}`;

export const roleArn = (place: AwsPlace, broker: string, name: RoleName): string =>
  `arn:${place.partition}:iam::${place.account}:role/${roleName(place, broker, name)}`;

export const rootArn = ({ partition, account }: AwsPlace): string =>
  `arn:${partition}:iam::${account}:root`;
