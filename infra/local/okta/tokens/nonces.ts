// DPoP nonces with Okta's timing: a new one every 24 hours, each valid for three days.
import { randomBytes } from 'node:crypto';

const hour = 3_600_000;

export interface Nonces {
  current(): string;
  accepts(nonce: string): boolean;
  /** Makes a new one now; the others stay valid. */
  rotate(): void;
  /** Makes a new one now and forgets the others. */
  reset(): void;
}

export function nonces(
  clock: () => number,
  { renewMs = 24 * hour, keepMs = 72 * hour } = {},
): Nonces {
  let issued: { nonce: string; at: number }[] = [];

  const rotate = () => {
    issued.unshift({ nonce: randomBytes(24).toString('base64url'), at: clock() });
  };
  const newest = () => {
    const now = clock();
    issued = issued.filter(({ at }) => now - at < keepMs);
    if (!issued[0] || now - issued[0].at >= renewMs) rotate();
    return issued;
  };

  return {
    current: () => newest()[0]?.nonce ?? '',
    accepts: (nonce) => newest().some((one) => one.nonce === nonce),
    rotate,
    reset: () => {
      issued = [];
    },
  };
}
