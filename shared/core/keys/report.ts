// What an operator sees: every key with its state here and in KMS, its age, its last signature and its sessions;
// rotations under way; and problems.
import { secondsNow } from '#core/broker.ts';
import type { KeyState, KeyUse } from '#core/ports.ts';
import { isUseNeeded, keyName, keyUses } from './find-key.ts';
import type { KmsState, Operator } from './operator.ts';
import { counted, done, type OperatorOutcome, refused, utc } from './outcome.ts';
import { restsUntil } from './retire.ts';
import { activeKey, type Ring, type RingKey } from './ring.ts';
import { type RotationFacts, rotationFacts, stepsInWords } from './rotation/state.ts';

export interface KeyLine {
  name: string;
  id: string;
  use: KeyUse;
  /** `stray`: tagged as a key of this broker, but in no ring. */
  state: KeyState | 'retiring' | 'stray';
  /** Epoch seconds, like all times here. Null: since the first deployment. */
  since: number | null;
  kms: KmsState | 'deleted';
  spec?: string;
  createdAt?: number;
  lastUsedAt?: number;
  /** Sessions pinned to the key that are not past their absolute end, even if idle. */
  sessions?: number;
  lastEnd?: number;
  bakedAt?: number;
  deletionAt?: number;
  replicas: { region: string; state: KmsState }[];
}

export interface KeysReport {
  keys: KeyLine[];
  rotations: RotationFacts[];
}

export async function listKeys(op: Operator): Promise<OperatorOutcome<KeysReport>> {
  const { keys, rotations } = await keysReport(op, await readRings(op));
  return done('listed', counted(keys.length, 'key'), { keys, rotations });
}

export async function keysStatus(
  op: Operator,
): Promise<OperatorOutcome<KeysReport & { problems: string[] }>> {
  const rings = await readRings(op);
  const found = await keysReport(op, rings);
  const strays = await straysOf(op, rings);
  const keys = [...found.keys, ...strays];
  const problems = [...problemsOf(op, rings, keys)];
  const message = problems.length === 0 ? 'All is well.' : counted(problems.length, 'problem');
  return done('status', message, { keys, rotations: found.rotations, problems });
}

export const readRings = ({ rings }: Pick<Operator, 'rings'>): Promise<Ring[]> =>
  Promise.all(keyUses.map((use) => rings.read(use)));

export async function keysReport(op: Operator, rings: readonly Ring[]): Promise<KeysReport> {
  const keys: KeyLine[] = [];
  for (const { use, keys: inRing } of rings) {
    // One after the other: GetKeyLastUsage allows five calls per second.
    const lines: KeyLine[] = [];
    for (const key of inRing) lines.push(await lineOf(op, use, key));
    keys.push(...lines.sort(oldestFirst));
  }
  const rotations = rings.flatMap(({ use, rotation }) =>
    rotation ? [rotationFacts(use, rotation)] : [],
  );
  return { keys, rotations };
}

/** A key keeps its place in the list, whatever its state. */
const oldestFirst = (a: KeyLine, b: KeyLine): number =>
  (a.createdAt ?? 0) - (b.createdAt ?? 0) || (a.id < b.id ? -1 : 1);

async function lineOf(op: Operator, use: KeyUse, key: RingKey): Promise<KeyLine> {
  const { id, since, state, retiringSince, bakedAt, deletionAt } = key;
  const [facts, lastUsedAt, census] = await Promise.all([
    op.admin.describe(id),
    op.admin.lastUsedAt(id),
    use === 'dpop' ? op.census.onKey(id) : undefined,
  ]);
  return {
    name: keyName(id),
    id,
    use,
    state: retiringSince === undefined ? state : 'retiring',
    since: since === 0 ? null : since,
    kms: facts?.state ?? 'deleted',
    ...(facts && { spec: facts.spec, createdAt: facts.createdAt }),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
    ...(census && { sessions: census.sessions }),
    ...(census?.lastEnd !== undefined && { lastEnd: census.lastEnd }),
    ...(bakedAt !== undefined && { bakedAt }),
    ...((facts?.deletionAt ?? deletionAt) !== undefined && {
      deletionAt: facts?.deletionAt ?? deletionAt ?? 0,
    }),
    replicas: facts?.replicas ?? [],
  };
}

async function straysOf(op: Operator, rings: readonly Ring[]): Promise<KeyLine[]> {
  const known = new Set(
    rings.flatMap(({ keys, rotation }) => [...keys.map(({ id }) => id), rotation?.key]),
  );
  const strays = (await op.admin.ours()).filter(({ id }) => !known.has(id));
  const lines: KeyLine[] = [];
  for (const { id, use } of strays) {
    const line = await lineOf(op, use, { id, state: 'disabled', since: 0 });
    if (line.kms !== 'pending_deletion') lines.push({ ...line, state: 'stray' });
  }
  return lines;
}

const stuckSeconds = 3600;

function* problemsOf(
  op: Operator,
  rings: readonly Ring[],
  keys: readonly KeyLine[],
): Iterable<string> {
  const { config } = op;
  for (const ring of rings) {
    const { use, rotation } = ring;
    if (!isUseNeeded(op, use)) continue;
    const active = keys.find(({ id }) => id === activeKey(ring));
    if (!active) yield `No ${use} key is active: nobody can sign in. Rotate, or enable a key.`;
    if (rotation && isStuck(op, ring)) {
      yield `The rotation of the ${use} key has been stuck since ${utc(rotation.stepSince)}: ` +
        `${stepsInWords[rotation.step]}. keys rotate continues it, keys rotate --cancel cancels it.`;
    }
    if (use === 'dpop' && active?.spec && active.spec !== config.dpop.keySpec) {
      yield `The configuration asks for ${config.dpop.keySpec} keys, but ${active.name} is ${active.spec}: rotate.`;
    }
  }
  for (const key of keys) {
    const { name, kms, state, sessions } = key;
    const lives = state === 'active' || state === 'draining' || state === 'pending';
    if (lives && kms !== 'enabled')
      yield `${name} is ${state} here and ${kms} in KMS: enable it, or disable it here too.`;
    if (state === 'disabled' && kms === 'enabled')
      yield `${name} is disabled here and enabled in KMS: disable it again.`;
    if (
      state === 'draining' &&
      sessions === 0 &&
      secondsNow(op) >= restsUntil({ since: key.since ?? 0 })
    )
      yield `No session needs ${name} any more: retire it.`;
    if (state === 'stray') yield `${name} is in no ring: retire it if nobody needs it.`;
    if (lives && isUseNeeded(op, key.use)) yield* missingReplicas(op, key);
  }
}

function* missingReplicas(op: Operator, key: KeyLine): Iterable<string> {
  for (const { region } of op.replicas) {
    const replica = key.replicas.find((one) => one.region === region);
    if (replica?.state !== 'enabled')
      yield `${key.name} cannot sign in ${region}: run keys replicate.`;
  }
}

/** A rotation that waits for its time is not stuck. */
export const isStuck = (op: Pick<Operator, 'clock'>, { rotation }: Ring): boolean =>
  rotation !== undefined && secondsNow(op) >= rotation.stepSince + stuckSeconds;

/** Makes the replicas that the configuration asks for, for every key that signs. */
export async function replicateKeys(
  op: Operator,
  { dryRun }: { dryRun?: boolean | undefined },
): Promise<OperatorOutcome> {
  if (op.replicas.length === 0) {
    return refused('no_regions', 'dpop.replicaRegions names no Region.');
  }
  const rings = (await readRings(op)).filter(({ use }) => isUseNeeded(op, use));
  const living = rings.flatMap(({ keys }) => keys.filter(({ state }) => state !== 'disabled'));
  if (dryRun) {
    return done(
      'dry_run',
      `Would replicate ${counted(living.length, 'key')}. Nothing was changed.`,
    );
  }
  for (const { id } of living) {
    for (const { region } of op.replicas) await op.admin.replicate(id, region);
  }
  const where = op.replicas.map(({ region }) => region).join(', ');
  return done('replicated', `${counted(living.length, 'key')} replicated to ${where}.`);
}
