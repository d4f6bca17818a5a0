// The operations that the stand-in knows.
import { createAlias, deleteAlias, listAliases, updateAlias } from './aliases.ts';
import { createKey, replicateKey } from './create.ts';
import { describeKey, listKeys, listResourceTags } from './describe.ts';
import type { Operation } from './operation.ts';
import { getKeyPolicy, putKeyPolicy } from './policies.ts';
import { generateMac, getKeyLastUsage, getPublicKey, sign, verifyMac } from './signing.ts';
import {
  cancelKeyDeletion,
  moveTo,
  scheduleKeyDeletion,
  tagResource,
  untagResource,
} from './states.ts';

const reads: Record<string, Operation> = {
  DescribeKey: describeKey,
  GenerateMac: generateMac,
  GetKeyLastUsage: getKeyLastUsage,
  GetKeyPolicy: getKeyPolicy,
  GetPublicKey: getPublicKey,
  ListAliases: listAliases,
  ListKeys: listKeys,
  ListResourceTags: listResourceTags,
  Sign: sign,
  VerifyMac: verifyMac,
};

/** The keys are saved after these operations. */
const changes: Record<string, Operation> = {
  CancelKeyDeletion: cancelKeyDeletion,
  CreateAlias: createAlias,
  CreateKey: createKey,
  DeleteAlias: deleteAlias,
  DisableKey: moveTo('Disabled'),
  EnableKey: moveTo('Enabled'),
  PutKeyPolicy: putKeyPolicy,
  ReplicateKey: replicateKey,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
};

export const operationNamed = (name: string) => reads[name] ?? changes[name];
export const isChange = (name: string) => name in changes;
