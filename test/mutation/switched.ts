// A source that holds mutants beside the originals, so that all of a sample are transformed, bundled and loaded in one go.
import type { Mutant } from './mutants.ts';

type Range = Pick<Mutant['host'], 'start' | 'end'>;

/** `folder` is where the switch is found when it runs. */
export function switched(source: string, mutants: readonly Mutant[], folder: string): string {
  if (mutants.length === 0) return source;
  const body = rendered(source, { start: 0, end: source.length }, mutants);
  // At the end, because a first line may be a directive: an import and a function are there before anything runs.
  return `${body}
import { isOn as mutantIsOn } from '#test/mutation/switch.ts';
function mutant(key: string) { return mutantIsOn(${JSON.stringify(folder)}, key); }
`;
}

function rendered(source: string, range: Range, mutants: readonly Mutant[]): string {
  const first = mutants
    .filter(({ host }) => range.start <= host.start && host.end <= range.end)
    .sort((a, b) => a.host.start - b.host.start || b.host.end - a.host.end)[0];
  if (!first) return source.slice(range.start, range.end);
  const { host } = first;
  const here = mutants.filter(
    (each) => each.host.start === host.start && each.host.end === host.end,
  );
  const others = mutants.filter((mutant) => !here.includes(mutant));
  const original = rendered(source, host, others);
  return (
    source.slice(range.start, host.start) +
    choiceOf(source, here, original) +
    rendered(source, { start: host.end, end: range.end }, others)
  );
}

function choiceOf(source: string, mutants: readonly Mutant[], original: string): string {
  const either = mutants.reduceRight(
    (otherwise, { key, host, start, end, replacement }) => {
      const fault = source.slice(host.start, start) + replacement + source.slice(end, host.end);
      return host.isStatement
        ? `if (mutant('${key}')) { ${fault} } else { ${otherwise} }`
        : `(mutant('${key}') ? (${fault}) : ${otherwise})`;
    },
    mutants[0]?.host.isStatement ? original : `(${original})`,
  );
  return mutants[0]?.host.isStatement ? `{ ${either} }` : either;
}
