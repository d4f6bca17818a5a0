// Tells whether a key signs: nothing else matters before it is used. The test is a real signature by KMS, which is then
// verified.
import { createPublicKey, verify } from 'node:crypto';
import { BrokerError } from '#core/errors.ts';
import type { Signer, SigningKey } from '#core/ports.ts';
import { keyName } from './find-key.ts';
import type { Operator } from './operator.ts';

/** Returns undefined when it signs, here and in every Region that should be able to take over; otherwise the reason. */
export async function whyNotReady(
  op: Pick<Operator, 'signer' | 'replicas' | 'random'>,
  id: string,
): Promise<string | undefined> {
  const places = [{ region: '', signer: op.signer }, ...op.replicas];
  const thumbprints = new Set<string>();
  for (const { region, signer } of places) {
    const where = region && ` in ${region}`;
    const answer = await signsAt(signer, id, op.random(32));
    if ('why' in answer) return `${keyName(id)} does not sign${where}: ${answer.why}`;
    thumbprints.add(answer.key.jkt);
    if (thumbprints.size > 1) return `${keyName(id)} is a different key${where}`;
  }
  return undefined;
}

async function signsAt(
  signer: Signer,
  id: string,
  data: Uint8Array,
): Promise<{ key: SigningKey } | { why: string }> {
  try {
    const key = await signer.key(id);
    const publicKey = createPublicKey({ key: { ...key.jwk }, format: 'jwk' });
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    return verify('sha256', data, options, await key.sign(data))
      ? { key }
      : { why: 'its signature is wrong' };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { why: error.cause instanceof Error ? error.cause.name : error.code };
  }
}
