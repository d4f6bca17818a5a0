// What an API that verifies proofs pays for its store of used ones. `npm run cost` has the bill of the broker itself.
import { pricesIn } from '#infra/cost/prices.ts';

const { millionReadUnits, millionWriteUnits } = pricesIn('us-east-1');

/** Per million verifications. */
export const ownApiCost = ({ reads, writes }: { reads: number; writes: number }): string =>
  `$${(reads * millionReadUnits + writes * millionWriteUnits).toFixed(2)}`;
