// The same seed picks the same mutants: the kinds in turn, and few of one file. A change of the tree leaves the others
// where they are, because each has a rank of its own.
import { createHash } from 'node:crypto';
import type { Mutant } from './mutants.ts';

const perFile = 3;

export function sampleOf(
  mutants: readonly Mutant[],
  size: number,
  seed: number,
  isViable: (mutant: Mutant) => boolean,
): Mutant[] {
  const rankOf = ({ key }: Mutant) => createHash('sha256').update(`${seed} ${key}`).digest('hex');
  const ranked = mutants
    .map((mutant) => ({ mutant, rank: rankOf(mutant) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ mutant }) => mutant);
  const byKind = Map.groupBy(ranked, ({ kind }) => kind);
  const kinds = [...byKind.keys()].sort().map((kind) => byKind.get(kind) ?? []);
  const ofFile = new Map<string, number>();
  const taken: Mutant[] = [];
  while (taken.length < size && kinds.some((left) => left.length > 0)) {
    const turn = kinds.map(next).filter((mutant) => mutant !== undefined);
    taken.push(...turn.slice(0, size - taken.length));
  }
  return taken;

  function next(left: Mutant[]): Mutant | undefined {
    for (let mutant = left.pop(); mutant; mutant = left.pop()) {
      const before = ofFile.get(mutant.file) ?? 0;
      if (before >= perFile || !isViable(mutant)) continue;
      ofFile.set(mutant.file, before + 1);
      return mutant;
    }
    return undefined;
  }
}
