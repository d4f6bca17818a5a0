// The steps of a rotation (rotate.ts). Each does its work and then records it. Each may be repeated.
import { secondsNow } from '#core/broker.ts';
import { keyName } from '#core/keys/find-key.ts';
import { KeyAdminError, type Operator } from '#core/keys/operator.ts';
import { done, failed, isOutcome, type OperatorOutcome, utc, waiting } from '#core/keys/outcome.ts';
import { whyNotReady } from '#core/keys/readiness.ts';
import { activeKey, addKey, moveKey, type Ring, type RotationStep } from '#core/keys/ring.ts';
import type { KeyUse } from '#core/ports.ts';
import { rollBack } from './roll-back.ts';
import {
  advanceRotation,
  atStep,
  type RotateRequest,
  type RotatingRing,
  withKeyDiscarded,
  withoutRotation,
} from './state.ts';

type Step = (
  op: Operator,
  ring: RotatingRing,
  request: RotateRequest,
) => Promise<RotatingRing | OperatorOutcome>;

export const steps: Record<RotationStep, Step> = {
  async planned(op, ring) {
    const ours = await stacksOwnKey(op, ring);
    if (ours !== undefined) return advanceRotation(op, ring, atStep(op, 'proving', { key: ours }));
    const making = await advanceRotation(op, ring, atStep(op, 'making'));
    return isOutcome(making) ? making : makeKey(op, making);
  },

  /** Reached only after a crash or a lost answer: otherwise whoever makes the key continues at once. */
  async making(op, ring) {
    const { id, stepSince } = ring.rotation;
    const [found, ...more] = (await op.admin.ours())
      .filter((key) => key.rotation === id)
      .map((key) => key.id)
      .sort();
    if (found !== undefined) {
      const toProving = atStep(op, 'proving', { key: found });
      return advanceRotation(op, ring, (now) => more.reduce(withKeyDiscarded(op), toProving(now)));
    }
    if (secondsNow(op) < stepSince + lookSeconds) {
      return waiting('making', 'KMS did not say whether it made the key: looking for it.', 5);
    }
    const again = await advanceRotation(op, ring, atStep(op, 'making'));
    return isOutcome(again) ? again : makeKey(op, again);
  },

  async proving(op, ring) {
    const { key = '', stepSince } = ring.rotation;
    const why = await replicateAndProve(op, key);
    if (why !== undefined) {
      if (secondsNow(op) >= stepSince + proveSeconds) return rollBack(op, ring, why);
      return waiting('proving', `The new key is not ready: ${why}.`, 2);
    }
    const published = await advanceRotation(op, ring, (now) =>
      atStep(op, 'published')(addKey(now, key, secondsNow(op))),
    );
    if (!isOutcome(published)) op.log('keys.rotation_published', { use: ring.use });
    return published;
  },

  async published(op, ring, request) {
    const { key = '', stepSince } = ring.rotation;
    const until = stepSince + restSeconds(ring, request);
    const left = until - secondsNow(op);
    if (left > 0) {
      const code = ring.use === 'dpop' ? 'settling' : 'publishing';
      const why =
        ring.use === 'dpop'
          ? 'waits until all of KMS knows it'
          : 'waits until the authorization server has certainly read it';
      return waiting(code, `${keyName(key)} ${why}: ${utc(until)}.`, Math.min(left, 15), { until });
    }
    const why = await whyNotReady(op, key);
    if (why !== undefined) return waiting('proving', `The new key is not ready: ${why}.`, 2);
    const from = activeKey(ring);
    const rotated = await advanceRotation(op, ring, (now) =>
      withoutRotation(moveKey(now, key, 'active', secondsNow(op))),
    );
    if (isOutcome(rotated)) return rotated;
    op.log('keys.rotated', { use: ring.use });
    const old = from === undefined ? '' : ` ${keyName(from)} drains.`;
    return done('rotated', `${keyName(key)} is the active ${ring.use} key.${old}`, {
      to: keyName(key),
      ...(from !== undefined && { from: keyName(from) }),
    });
  },
};

/** How long ListKeys may take to show a new key. */
const lookSeconds = 30;
/** A key that does not sign after this time never will: its policy is wrong. */
const proveSeconds = 900;

/**
 * A new tag takes up to five minutes to count in permissions (KMS Developer Guide, "ABAC for AWS KMS"). The key set
 * that the server read last must also be older than any cache keeps it.
 */
export const defaultRest: Record<KeyUse, number> = { dpop: 300, assertion: 600 };

function restSeconds(ring: Ring, { settleSeconds, publishSeconds }: RotateRequest): number {
  // Nobody can sign at the moment: every second of waiting is an outage.
  if (activeKey(ring) === undefined) return 0;
  return (ring.use === 'dpop' ? settleSeconds : publishSeconds) ?? defaultRest[ring.use];
}

async function makeKey(op: Operator, ring: RotatingRing): Promise<RotatingRing | OperatorOutcome> {
  const { use, rotation } = ring;
  try {
    const key = await op.admin.create({
      use,
      spec: rotation.spec,
      rotation: rotation.id,
    });
    return await advanceRotation(op, ring, atStep(op, 'proving', { key }));
  } catch (error) {
    if (!(error instanceof KeyAdminError)) throw error;
    if (!error.refused) {
      return waiting('making', `${error.message}: checking whether there is a new key.`, 5);
    }
    const ended = await advanceRotation(op, ring, withoutRotation);
    return isOutcome(ended) ? ended : failed('not_made', `No key was made: ${error.message}.`);
  }
}

/**
 * The stack's own key, if a deployment brought one that the ring does not have, as after a change of dpop.keySpec. Then
 * no other key is made.
 */
async function stacksOwnKey(op: Operator, ring: RotatingRing): Promise<string | undefined> {
  const own = op.firstKeys[ring.use];
  if (ring.keys.some(({ id }) => id === own)) return undefined;
  const facts = await op.admin.describe(own);
  return facts?.state === 'enabled' && facts.spec === ring.rotation.spec ? own : undefined;
}

async function replicateAndProve(op: Operator, key: string): Promise<string | undefined> {
  try {
    for (const { region } of op.replicas) await op.admin.replicate(key, region);
  } catch (error) {
    if (error instanceof KeyAdminError) return error.message;
    throw error;
  }
  return whyNotReady(op, key);
}
