// A DPoP proof for somebody who tries out an API by hand. The token itself never comes here: the proof needs its hash,
// and its thumbprint says whether this is the key that it is bound to.
import { proofFor } from '#core/dpop/proof.ts';
import { findKey, keyName } from './find-key.ts';
import type { Operator } from './operator.ts';
import { done, isOutcome, type OperatorOutcome, refused } from './outcome.ts';
import { activeKey, type RingKey } from './ring.ts';

export interface ProofRequest {
  method: string;
  url: string;
  /** The hash of the access token that will travel with the proof (RFC 9449 section 4.2). */
  ath?: string | undefined;
  /** The thumbprint in the token's `cnf`. */
  jkt?: string | undefined;
  nonce?: string | undefined;
  /** Default: the active key. */
  key?: string | undefined;
}

export async function signProof(
  op: Operator,
  { method, url, ath, jkt, nonce, key: wanted }: ProofRequest,
): Promise<OperatorOutcome<{ proof: string; key: string }> | OperatorOutcome> {
  const id = await keyIdOf(op, wanted);
  if (typeof id !== 'string') return id;
  const key = await op.signer.key(id);
  if (jkt !== undefined && jkt !== key.jkt) {
    return refused(
      'other_key',
      `The token is not bound to ${keyName(id)}, so its proof would not fit. Name the token's key with --key.`,
    );
  }
  const proof = await proofFor(op, key, { method, url: new URL(url), ath, nonce });
  return done('proof', proof, { proof, key: keyName(id) });
}

async function keyIdOf(
  op: Operator,
  wanted: string | undefined,
): Promise<string | OperatorOutcome> {
  if (wanted === undefined) {
    const active = activeKey(await op.rings.read('dpop'));
    return active ?? refused('no_key', 'No DPoP key is active.');
  }
  const found = await findKey(op, wanted);
  if (isOutcome(found)) return found;
  const { id, use, key } = found;
  if (use !== 'dpop') return refused('not_dpop', `${keyName(id)} signs client assertions.`);
  return signs(key) ? id : refused('disabled', `${keyName(id)} is disabled.`);
}

/** A key that is in no ring belongs to nobody: a rotation may have left it behind. */
const signs = (key: RingKey | undefined): boolean => key !== undefined && key.state !== 'disabled';
