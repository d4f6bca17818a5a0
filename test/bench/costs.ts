// Dollars per million proxied calls, us-east-1 list prices, from the operations that were counted. 512 MB arm64,
// 150 ms billed, 10 kB answers, 1.2 kB of logs for each call.

const perMillion = {
  ecdsaSign: 15,
  rsaSign: 3,
  /** Strongly consistent, up to 4 kB. */
  read: 0.125,
  write: 0.625,
  httpApi: 1,
  lambdaRequests: 0.2,
  lambdaTime: 0.0000133334 * 0.5 * 0.15 * 1e6,
  logs: 0.5 * 1.2,
  transfer: 0.09 * 10,
};

interface Counted {
  reads: number;
  writes: number;
  signatures: number;
}

export function costs(counted: Counted, calls: number): [what: string, dollars: string][] {
  const { reads, writes, signatures } = counted;
  const rest =
    (reads / calls) * perMillion.read +
    (writes / calls) * perMillion.write +
    perMillion.httpApi +
    perMillion.lambdaRequests +
    perMillion.lambdaTime +
    perMillion.logs +
    perMillion.transfer;
  const total = (sign: number) => `$${((signatures / calls) * sign + rest).toFixed(2)}`;
  return [
    ['cost per million calls, ES256 (ECC_NIST_P256)', total(perMillion.ecdsaSign)],
    ['cost per million calls, RS256 (RSA_2048)', total(perMillion.rsaSign)],
  ];
}

/** What an API that verifies proofs pays for its store of used ones. */
export const ownApiCost = ({ reads, writes }: { reads: number; writes: number }): string =>
  `$${(reads * perMillion.read + writes * perMillion.write).toFixed(2)}`;
