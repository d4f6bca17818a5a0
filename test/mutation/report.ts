// The score, by folder, and what nobody caught.
import type { Explained } from './explained.ts';
import type { Verdict } from './judge.ts';
import type { Mutant } from './mutants.ts';

interface Tried {
  mutant: Mutant;
  verdict: Verdict;
}

export function reportOf(tried: readonly Tried[], explained: readonly Explained[]): string {
  const survivors = tried.filter(({ verdict }) => verdict === 'survived');
  const open = survivors.filter(({ mutant }) => !explanationOf(mutant, explained));
  const folders = [...new Set(tried.map(({ mutant }) => folderOf(mutant.file)))].sort();
  return [
    '| folder | mutants | by tests | by types | equivalent | harmless | open | score |',
    '|---|---|---|---|---|---|---|---|',
    ...folders.map((folder) => row(folder, inFolder(folder))),
    row('all', tried),
    ...open.map(({ mutant }) => `open: ${survivorOf(mutant)}`),
  ].join('\n');

  function inFolder(folder: string) {
    return tried.filter(({ mutant }) => folderOf(mutant.file) === folder);
  }

  function row(folder: string, some: readonly Tried[]): string {
    const count = (...verdicts: Verdict[]) =>
      some.filter(({ verdict }) => verdicts.includes(verdict)).length;
    const kinds = some
      .filter(({ verdict }) => verdict === 'survived')
      .map(({ mutant }) => explanationOf(mutant, explained)?.kind);
    const ofKind = (kind?: Explained['kind']) => kinds.filter((each) => each === kind).length;
    const byTests = count('killed by tests', 'killed by time');
    const byTypes = count('killed by types');
    // An equivalent is no fault: nothing could catch it.
    const score = (byTests + byTypes) / (some.length - ofKind('equivalent'));
    const cells = [
      some.length,
      byTests,
      byTypes,
      ofKind('equivalent'),
      ofKind('harmless'),
      ofKind(),
    ];
    return `| ${[folder, ...cells, `${(100 * score).toFixed(0)} %`].join(' | ')} |`;
  }
}

export const survivorOf = ({ file, line, kind, original, replacement }: Mutant): string =>
  `${file}:${line} ${kind}: ${short(original)} -> ${short(replacement)}`;

export const explanationOf = (mutant: Mutant, explained: readonly Explained[]) =>
  explained.find(
    ({ file, code, original, replacement }) =>
      file === mutant.file &&
      code === mutant.code &&
      original === mutant.original &&
      replacement === mutant.replacement,
  );

const short = (text: string) => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line || '(nothing)';
};

const folderOf = (file: string) =>
  file
    .split('/')
    .slice(0, file.startsWith('functions') ? 1 : 2)
    .join('/');
