// Key policies: the one that KMS gives a key by default, and how they are read and replaced.
import type { Statement } from '../../../policy/document.ts';
import { findKey, mustBe } from './find.ts';
import { account } from './keys.ts';
import type { Context } from './operation.ts';
import { type Input, KmsRefusal, optionalText, text } from './refusal.ts';

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
const defaultPolicy = JSON.stringify({
  Version: '2012-10-17',
  Id: 'key-default-1',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

const read = new Map<string, readonly Statement[]>();

export function statementsIn(policy: string): readonly Statement[] {
  const document = policy || defaultPolicy;
  const known = read.get(document);
  if (known) return known;
  const { Statement: statements } = JSON.parse(document) as { Statement: Statement[] };
  read.set(document, statements);
  return statements;
}

/** For CreateKey, ReplicateKey and PutKeyPolicy; empty if none is given. */
export function givenPolicy(input: Input): string {
  const policy = optionalText(input, 'Policy') ?? '';
  if (policy && !isDocument(policy)) throw new KmsRefusal('MalformedPolicyDocumentException');
  return policy;
}

/** KMS refuses a policy that the caller could not change afterwards, unless the request says so explicitly. */
export function checkLockout({ region, may }: Context, arn: string, input: Input): void {
  const policy = givenPolicy(input);
  if (!policy || input.BypassPolicyLockoutSafetyCheck === true || !may) return;
  const need = {
    action: 'kms:PutKeyPolicy',
    resource: arn,
    context: { 'aws:RequestedRegion': region },
    policy: statementsIn(policy),
  };
  if (may(need)) return;
  throw new KmsRefusal(
    'MalformedPolicyDocumentException',
    'The new key policy will not allow you to update the key policy in the future.',
  );
}

export function getKeyPolicy({ store, region }: Context, input: Input) {
  const key = findKey(store, region, text(input, 'KeyId'));
  return { Policy: key.policy || defaultPolicy, PolicyName: 'default' };
}

export function putKeyPolicy(context: Context, input: Input) {
  const { store, region } = context;
  const key = mustBe(findKey(store, region, text(input, 'KeyId')), 'not_pending_deletion');
  text(input, 'Policy');
  checkLockout(context, key.arn, input);
  key.policy = givenPolicy(input);
  return {};
}

function isDocument(policy: string): boolean {
  try {
    return Array.isArray((JSON.parse(policy) as { Statement?: unknown }).Statement);
  } catch {
    return false;
  }
}
