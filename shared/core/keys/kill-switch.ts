// Takes a key out at once, because somebody else can use it, or might. KMS stops signing, the ring records why, and the
// sessions on the key end. Sign-ins go on with another key, if one signs. enable.ts undoes it.
import { secondsNow } from '#core/broker.ts';
import type { KeyUse } from '#core/ports.ts';
import { endSessions } from '#core/session/ending.ts';
import { findKey, keyName } from './find-key.ts';
import type { Operator } from './operator.ts';
import { counted, done, failed, isOutcome, type OperatorOutcome, waiting } from './outcome.ts';
import { whyNotReady } from './readiness.ts';
import { activeKey, moveKey, type Ring, type RingKey } from './ring.ts';
import { changeRing } from './ring-writes.ts';
import { withoutRotation } from './rotation/state.ts';

export interface DisableKeyRequest {
  key: string;
  deadlineMs: number;
  dryRun?: boolean | undefined;
}

export async function disableKeyNow(
  op: Operator,
  request: DisableKeyRequest,
): Promise<OperatorOutcome> {
  const found = await findKey(op, request.key).catch((error: unknown) => {
    if (request.key.startsWith('arn:')) return undefined;
    throw error;
  });
  if (!found) return disableOnlyInKms(op, request);
  if (isOutcome(found)) return found;
  const { id, use, ring } = found;
  const wasActive = activeKey(ring) === id;
  if (request.dryRun) return wouldDisable(op, ring, id, wasActive);
  // Neither waits for the other, and one runs even when the other failed.
  const [kms, left] = await Promise.allSettled([
    op.admin.disable(id),
    wasActive
      ? replacementFor(op, ring).then((next) => takeOutOfRing(op, use, id, next))
      : takeOutOfRing(op, use, id, undefined),
  ]);
  const [swept] = await Promise.allSettled([
    use === 'dpop'
      ? endSessions({ env: op, log: op.log }, 'key', id, {
          why: 'key_disabled',
          deadlineMs: request.deadlineMs,
        })
      : { found: 0, ended: 0, more: false },
  ]);

  const active = left.status === 'fulfilled' ? activeKey(left.value) : undefined;
  const { ended, more } = swept.status === 'fulfilled' ? swept.value : { ended: 0, more: true };
  const facts = {
    use,
    ended,
    signing: kms.status === 'fulfilled' ? ('stopped' as const) : ('unknown' as const),
    ...(active !== undefined && { active: keyName(active) }),
  };
  op.log('keys.disabled', { use, sessions: ended, signing: facts.signing });
  const troubles = [kms, left, swept].flatMap((part) =>
    part.status === 'rejected' ? [part.reason] : [],
  );
  if (troubles.length > 0) {
    const why = troubles.map((error) => (error instanceof Error ? error.message : 'unknown'));
    const signing = kms.status === 'fulfilled' ? 'Signing has stopped, but: ' : '';
    return failed('partly', `${signing}${why.join('; ')}. Run it again at once.`, facts);
  }
  if (more) return waiting('ending', `${counted(ended, 'session')} ended, more to come.`, 0, facts);
  return done(
    'disabled',
    `${keyName(id)} no longer signs${andEnded(use, ended)}. ${whoSignsNow(use, active)}`,
    facts,
  );
}

/** The table cannot be reached, and this cannot wait. */
async function disableOnlyInKms(
  op: Operator,
  { key, dryRun }: DisableKeyRequest,
): Promise<OperatorOutcome> {
  if (!dryRun) await op.admin.disable(key);
  return failed(
    'partly',
    `${dryRun ? 'Would stop' : 'Stopped'} signing with ${keyName(key)}. The table cannot be reached: ` +
      'its sessions cannot end yet. Run it again soon.',
    { signing: dryRun ? 'unchanged' : 'stopped' },
  );
}

/** No session is bound to an assertion key. */
const andEnded = (use: KeyUse, ended: number): string =>
  use === 'dpop' ? `; ${counted(ended, 'session')} ended` : '';

const whoSignsNow = (use: KeyUse, active: string | undefined): string =>
  active === undefined
    ? `No ${use} key is active: nobody can sign in until you rotate or enable one.`
    : `${keyName(active)} is the active ${use} key.`;

async function wouldDisable(op: Operator, ring: Ring, id: string, wasActive: boolean) {
  const { use } = ring;
  const { sessions } = use === 'dpop' ? await op.census.onKey(id) : { sessions: 0 };
  const role = wasActive ? ` the active ${use} key` : '';
  const end = use === 'dpop' ? ` and end ${counted(sessions, 'session')} at most` : '';
  const after = wasActive ? await replacementFor(op, ring) : activeKey(ring);
  const message = `Would disable${role} ${keyName(id)} at once${end}. ${whoWouldSign(use, after)} Nothing was changed.`;
  return done('dry_run', message, { sessions });
}

const whoWouldSign = (use: KeyUse, active: string | undefined): string =>
  active === undefined
    ? `No ${use} key would be active: nobody could sign in until you rotate or enable one.`
    : `${keyName(active)} would be the active ${use} key.`;

/** A key that signs now: the next key of a rotation, or else the key that was active last. */
async function replacementFor(op: Operator, { keys }: Ring): Promise<string | undefined> {
  const candidates = keys
    .filter(({ state, retiringSince }) => isSpare(state) && retiringSince === undefined)
    .sort((a, b) => replacementRank(a) - replacementRank(b) || b.since - a.since);
  for (const { id } of candidates) if ((await whyNotReady(op, id)) === undefined) return id;
  return undefined;
}

const isSpare = (state: RingKey['state']) => state === 'pending' || state === 'draining';
const replacementRank = ({ state }: RingKey) => (state === 'pending' ? 0 : 1);

function takeOutOfRing(
  op: Operator,
  use: KeyUse,
  id: string,
  replacement: string | undefined,
): Promise<Ring> {
  const at = secondsNow(op);
  return changeRing(op, use, (ring) => {
    const key = ring.keys.find((one) => one.id === id);
    if (key?.state === 'disabled') return ring;
    const spare = ring.keys.find((one) => one.id === replacement);
    const takesOver = key?.state === 'active' && spare && isSpare(spare.state);
    const replaced = takesOver ? moveKey(ring, spare.id, 'active', at) : ring;
    const out = key
      ? moveKey(replaced, id, 'disabled', at)
      : { ...replaced, keys: [...replaced.keys, { id, state: 'disabled' as const, since: at }] };
    const made = ring.rotation?.key;
    const over = made === id || (takesOver && made === spare.id);
    return over ? withoutRotation(out) : out;
  });
}
