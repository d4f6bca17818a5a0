// Counts the signatures that this environment asked KMS for, by key, so that they can be compared with KMS's own count
// (keys/signatures). It reports at the end of an event, but not after each: at once while there are few, then whenever
// what is unreported would be a fiftieth of what was reported in this hour, and at the latest after a minute. So an
// environment that ends takes at most a fiftieth of its count with it.
import type { Clock } from '#core/ports.ts';

/** `unanswered`: sent, and nobody knows whether KMS signed. `refused`: it certainly did not. */
export type SignatureFate = 'signed' | 'refused' | 'unanswered';

export interface SignatureCount {
  /** The ARN of the key in the Region that was asked. */
  id: string;
  signed: number;
  /** A request that was reported as unanswered, and whose answer came later, is taken off again. */
  unanswered: number;
}

export interface SignatureTally {
  /** A request for a signature leaves. It counts as unanswered until its fate is told. */
  asked(id: string): (fate: SignatureFate) => void;
  /** What is to be reported now, if anything. It counts as reported. */
  due(): SignatureCount[];
}

/** What may go unreported when an environment ends, as a share of its count. */
export const unreportedShare = 1 / 50;
const longestMs = 60_000;
const hourMs = 3_600_000;

export function signatureTally({ clock }: { clock: Clock }): SignatureTally {
  let counts = new Map<string, SignatureCount>();
  let unreported = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let reported = { since: Number.NEGATIVE_INFINITY, signatures: 0 };

  const add = (id: string, signed: number, unanswered: number) => {
    const count = counts.get(id) ?? { id, signed: 0, unanswered: 0 };
    counts.set(id, count);
    count.signed += signed;
    count.unanswered += unanswered;
  };

  const isTime = (now: number): boolean => {
    if (now - reported.since >= hourMs) reported = { since: now, signatures: 0 };
    return unreported >= reported.signatures * unreportedShare || now - reportedAt >= longestMs;
  };

  return {
    asked(id) {
      unreported += 1;
      add(id, 0, 1);
      return (fate) => {
        if (fate !== 'unanswered') add(id, fate === 'signed' ? 1 : 0, -1);
      };
    },
    due() {
      const now = clock.now();
      if (counts.size === 0 || !isTime(now)) return [];
      const due = [...counts.values()].filter((count) => count.signed || count.unanswered);
      counts = new Map();
      reported.signatures += unreported;
      unreported = 0;
      reportedAt = now;
      return due;
    },
  };
}
