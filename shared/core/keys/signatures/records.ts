// What CloudWatch knows of the signatures of a key.
import type { Span } from './balance.ts';

/** Sums by the beginning of their slot, in epoch seconds. */
export type Series = readonly (readonly [at: number, sum: number])[];

export interface SignatureRecord {
  /** KMS's own count of what it signed. Undefined: there is no such metric. */
  kms: Series | undefined;
  /** What functions counted, wherever they ran: signatures that they got, and requests that were never answered. */
  signed: Series;
  unanswered: Series;
}

export interface SignatureRecords {
  /** Where the keys may sign: at home, and with their replicas. */
  regions: readonly string[];
  /** Of a key, as it is called in that Region. Throws when CloudWatch does not answer. */
  read(id: string, region: string, span: Span): Promise<SignatureRecord>;
}
