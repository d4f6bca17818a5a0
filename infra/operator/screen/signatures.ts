// What KMS signed with each key, beside what we know of.
import type { OperatorOutcome } from '#core/keys/outcome.ts';
import type { SignatureLine } from '#core/keys/signatures/compare.ts';
import type { Paint } from './style.ts';
import { table } from './words.ts';

export type SignaturesOutcome = OperatorOutcome<{
  signatures: SignatureLine[];
  problems: string[];
}>;

export function signaturesScreen(
  { message, signatures, problems }: SignaturesOutcome,
  paint: Paint,
): string {
  const head = ['KEY', 'USE', 'REGION', 'KMS', 'OURS', 'UNANSWERED', 'FOREIGN', 'MAY DIFFER BY'];
  const rows = signatures.map(({ key, use, region, kms, signed, unanswered, foreign, spare }) => [
    key,
    use,
    region,
    ...[kms, signed, unanswered, foreign, spare].map((count) => String(count ?? '-')),
  ]);
  const painted = table(head, rows, (cell, { row }) => {
    if (row < 0) return paint('dim', cell);
    return signatures[row]?.finding === 'balanced' ? cell : paint('red', cell);
  });
  const found = problems.map((problem) => paint('red', `! ${problem}`));
  return [painted, '', ...(found.length > 0 ? found : [paint('green', message)])].join('\n');
}
