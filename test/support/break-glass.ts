// What an administrator of the account must do before a key that signs can be disabled (docs/operations.md,
// "Break-glass"): its policy reserves that to the operator's function.
import {
  DisableKeyCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';

export async function disableByBreakingGlass(kms: KMSClient, KeyId: string): Promise<void> {
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
  const { Statement, ...document } = JSON.parse(Policy);
  const open = Statement.filter(({ Effect }: { Effect: string }) => Effect !== 'Deny');
  const changed = JSON.stringify({ ...document, Statement: open });
  await kms.send(new PutKeyPolicyCommand({ KeyId, Policy: changed }));
  await kms.send(new DisableKeyCommand({ KeyId }));
}
