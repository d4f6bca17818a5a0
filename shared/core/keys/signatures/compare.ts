// Every signature accounted for: KMS's count of what it signed with each key is compared with our own. Whoever holds the
// role of a function can sign without us. Our log does not know of it, but KMS's count does.
import { secondsNow } from '#core/broker.ts';
import { isUseNeeded, keyName, keyUses } from '#core/keys/find-key.ts';
import type { Operator } from '#core/keys/operator.ts';
import { counted, done, type OperatorOutcome, refused, utc } from '#core/keys/outcome.ts';
import { plain } from '#core/lib/plain.ts';
import type { KeyUse } from '#core/ports.ts';
import {
  askedFor,
  type Balance,
  balanceOf,
  countedPart,
  type Finding,
  type Span,
  settledSpan,
} from './balance.ts';
import type { SignatureRecord } from './records.ts';

export interface SignatureLine extends Partial<Omit<Balance, 'finding'>> {
  key: string;
  use: KeyUse;
  region: string;
  hours: number;
  /** `unread`: CloudWatch did not answer. */
  finding: Finding | 'unread';
}

/** The hour tells early of somebody who signs a lot, the day of somebody who signs less. */
const hourlyHours = [1, 24];

/** Logs what was compared, and what does not fit. An alarm is on each of the two kinds of findings. */
export async function accountForSignatures(op: Operator): Promise<void> {
  for (const line of await linesOf(op, hourlyHours)) {
    const { kms, signed = 0, unanswered = 0, foreign = 0, hours, finding } = line;
    const key = plain(line.key);
    const region = plain(line.region);
    if (finding !== 'unread') {
      const counts = { ...(kms !== undefined && { kms }), signed, unanswered, foreign };
      op.log('signatures.compared', { key, region, hours, ...counts });
    }
    if (finding === 'foreign') op.log('signatures.foreign', { key, region, hours, foreign });
    else if (finding !== 'balanced') {
      op.log('signatures.unaccounted', { key, region, hours, reason: finding });
    }
  }
}

/** The same for an operator, over any time. */
export async function compareSignatures(
  op: Operator,
  { hours = 24 }: { hours?: number | undefined },
): Promise<OperatorOutcome<{ signatures: SignatureLine[]; problems: string[] }> | OperatorOutcome> {
  const lines = await linesOf(op, [hours]);
  if (lines.length === 0) {
    return refused(
      'not_counted_yet',
      'There is nothing to compare yet: signatures are counted from the first hourly run on, and compared half an hour later.',
    );
  }
  const { from, to } = settledSpan(secondsNow(op), hours);
  const problems = lines.flatMap(problemOf);
  const message =
    problems.length === 0
      ? `Every signature is accounted for, from ${utc(from)} to ${utc(to)}.`
      : `${counted(problems.length, 'problem')}, from ${utc(from)} to ${utc(to)}.`;
  return done('compared', message, { signatures: lines, problems });
}

/** A line for each key, Region and time, except where nothing ever signed. */
async function linesOf(op: Operator, spans: readonly number[]): Promise<SignatureLine[]> {
  const lines: SignatureLine[] = [];
  for (const { id, use, since } of await keysOf(op)) {
    const parts = spans.flatMap((hours) => {
      const span = countedPart(settledSpan(secondsNow(op), hours), since);
      return span ? [{ hours, span }] : [];
    });
    if (parts.length === 0) continue;
    for (const region of op.records.regions) {
      const record = await recordOf(op, id, region, enclosing(parts));
      for (const { hours, span } of parts) {
        const line = { key: keyName(id), use, region, hours };
        if (!record) lines.push({ ...line, finding: 'unread' });
        else if (isKnown(record)) lines.push({ ...line, ...balanceOf(record, span) });
      }
    }
  }
  return lines;
}

/** The keys of the rings, and those that a rotation is making. */
async function keysOf(op: Operator): Promise<{ id: string; use: KeyUse; since: number }[]> {
  const needed = keyUses.filter((use) => isUseNeeded(op, use));
  const rings = await Promise.all(needed.map((use) => op.rings.read(use)));
  return rings.flatMap(({ use, keys, rotation, countedSince: since = Number.MAX_VALUE }) => {
    const ids = [...keys.map(({ id }) => id), ...(rotation?.key ? [rotation.key] : [])];
    return [...new Set(ids)].map((id) => ({ id, use, since }));
  });
}

async function recordOf(
  op: Operator,
  id: string,
  region: string,
  span: Span,
): Promise<SignatureRecord | undefined> {
  try {
    return await op.records.read(id, region, askedFor(span));
  } catch {
    return undefined;
  }
}

const enclosing = (parts: readonly { span: Span }[]): Span => ({
  from: Math.min(...parts.map(({ span }) => span.from)),
  to: Math.max(...parts.map(({ span }) => span.to)),
});

/** Most keys have no copy in another Region, and nobody signs with a key that was taken out. */
const isKnown = ({ kms, signed, unanswered }: SignatureRecord): boolean =>
  kms !== undefined || signed.length > 0 || unanswered.length > 0;

function problemOf({ key, region, finding, kms, foreign, signed }: SignatureLine): string[] {
  const where = `${key} in ${region}`;
  switch (finding) {
    case 'balanced':
      return [];
    case 'foreign':
      return [
        `KMS signed with ${where} ${counted(kms ?? 0, 'time')}, and ${foreign} of them are not ours: somebody else signs.`,
      ];
    case 'no_metric':
      return [
        `${where} cannot be accounted for: it signed ${counted(signed ?? 0, 'time')} for us, and CloudWatch has no metric of KMS for it.`,
      ];
    case 'fewer':
      return [
        `${where} cannot be accounted for: it signed ${counted(signed ?? 0, 'time')} for us, and KMS counted only ${kms}.`,
      ];
    case 'unread':
      return [`${where} cannot be accounted for: CloudWatch did not answer.`];
  }
}
