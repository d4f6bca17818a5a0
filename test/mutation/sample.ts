// The same seed picks the same mutants of the same tree: the kinds in turn, and few of one file.
import { randomFrom, shuffled } from '#test/support/random.ts';
import type { Kind, Mutant } from './mutants.ts';

const perFile = 3;

export function sampleOf(
  mutants: readonly Mutant[],
  size: number,
  seed: number,
  isViable: (mutant: Mutant) => boolean,
): Mutant[] {
  const byKind = new Map<Kind, Mutant[]>();
  for (const mutant of shuffled(mutants, randomFrom(seed))) {
    byKind.set(mutant.kind, [...(byKind.get(mutant.kind) ?? []), mutant]);
  }
  const kinds = [...byKind.values()];
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
