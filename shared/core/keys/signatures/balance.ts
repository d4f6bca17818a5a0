// Whether KMS's count of a key's signatures and our own fit together. They never agree to the second: both come in slots of
// minutes, ours after the event, and an environment that ends takes a little of its count with it (dpop/tally.ts). So our
// count may come from a somewhat wider span than KMS's, and may differ by a small share.
import { unreportedShare } from '#core/dpop/tally.ts';
import type { SignatureRecord } from './records.ts';

/** Epoch seconds, without the end. */
export interface Span {
  from: number;
  to: number;
}

/**
 * foreign: KMS signed more often than we can explain. no_metric: we have signatures, and CloudWatch has no count of KMS.
 * fewer: KMS counted fewer than we have. Then the count is not whole, or ours is forged.
 */
export type Finding = 'balanced' | 'foreign' | 'no_metric' | 'fewer';

export interface Balance {
  /** Undefined when CloudWatch has no such metric. */
  kms: number | undefined;
  signed: number;
  unanswered: number;
  /** What nobody of us asked for, at the least. */
  foreign: number;
  /** How many of them prove nothing yet. */
  spare: number;
  finding: Finding;
}

/** The slots in which CloudWatch is asked for its counts. */
export const slotSeconds = 300;
/** By then CloudWatch has both counts, and lists a metric that is new (ListMetrics: up to 15 minutes). */
const settledSeconds = 1_200;
/** Our count is from this much earlier and later. A call reports at its end, which is at most half a minute away. */
const slackSeconds = 300;
/** What a few environments leave unreported that were killed in the middle of an event. */
const few = 10;

/** The last so many hours of which CloudWatch knows everything. */
export function settledSpan(now: number, hours: number): Span {
  const to = Math.floor((now - settledSeconds) / slotSeconds) * slotSeconds;
  return { from: to - hours * 3600, to };
}

/** What has to be asked for, to compare that span. */
export const askedFor = (span: Span): Span => widened(span, slackSeconds);

/** Undefined when the counting began too late for it: then the first hours would look like somebody else's. */
export function countedPart({ from, to }: Span, countedSince: number): Span | undefined {
  const first = Math.ceil((countedSince + slackSeconds) / slotSeconds) * slotSeconds;
  return first < to ? { from: Math.max(from, first), to } : undefined;
}

export function balanceOf({ kms, signed, unanswered }: SignatureRecord, span: Span): Balance {
  const within = (series: SignatureRecord['signed'], by = 0) => {
    const { from, to } = widened(span, by);
    return series.reduce((sum, [at, count]) => (at >= from && at < to ? sum + count : sum), 0);
  };
  const most = within(signed, slackSeconds) + Math.max(0, within(unanswered, slackSeconds));
  const least = within(signed, -slackSeconds);
  const counted = kms && within(kms);
  const spare = few + Math.ceil(most * unreportedShare);
  const foreign = Math.max(0, (counted ?? 0) - most);
  return {
    kms: counted,
    signed: within(signed),
    unanswered: within(unanswered),
    foreign,
    spare,
    finding: findingOf({ counted, least, foreign, spare }),
  };
}

function findingOf(of: {
  counted: number | undefined;
  least: number;
  foreign: number;
  spare: number;
}): Finding {
  const { counted, least, foreign, spare } = of;
  if (counted === undefined) return least > 0 ? 'no_metric' : 'balanced';
  if (foreign > spare) return 'foreign';
  return least - counted > spare ? 'fewer' : 'balanced';
}

const widened = ({ from, to }: Span, by: number): Span => ({ from: from - by, to: to + by });
