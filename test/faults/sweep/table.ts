// The table of a sweep: a row for faults of one request that end in the same way.
import type { Verdict } from './sweep.ts';

export function table(verdicts: readonly Verdict[]): string {
  const rows = new Map<string, Verdict & { faults: string[] }>();
  for (const verdict of verdicts) {
    const { step, target, cold, answers, violations } = verdict;
    const name = JSON.stringify([step, target, cold, answers, violations]);
    const row = rows.get(name) ?? { ...verdict, faults: [] };
    row.faults.push(verdict.fault);
    rows.set(name, row);
  }
  return ['| step | request | fault | answers | verdict |', '|---|---|---|---|---|']
    .concat([...rows.values()].map(line))
    .join('\n');
}

function line({ step, cold, target, faults, answers, violations }: Verdict & { faults: string[] }) {
  const { dependency, at, nth } = target;
  const request = `${dependency}: ${at}${nth > 0 ? ` (${nth + 1})` : ''}${cold ? ', cold' : ''}`;
  const verdict = violations.length === 0 ? 'holds' : violations.join('; ');
  return `| ${[step, request, faults.join(', '), answers.join(', '), verdict].join(' | ')} |`;
}

export function lastLine(verdicts: readonly Verdict[], minutes: number): string {
  const broken = verdicts.filter(({ violations }) => violations.length > 0).length;
  const steps = new Set(verdicts.map(({ step }) => step)).size;
  const requests = new Set(
    verdicts.map(({ step, cold, target }) => JSON.stringify([step, cold, target])),
  ).size;
  const number = (count: number) => count.toLocaleString('en');
  return (
    `${number(verdicts.length)} faults, ${number(broken)} of them with violations ` +
    `(${steps} steps, ${number(requests)} requests, ${minutes.toFixed(1)} minutes)`
  );
}
