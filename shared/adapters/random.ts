// Random bytes from a pool that the platform's generator fills: a call of its own for 16 bytes costs fifteen times as
// much. Bytes are wiped from the pool when they are handed out.
import { randomFillSync } from 'node:crypto';
import type { RandomBytes } from '../core/ports.ts';

const poolBytes = 4_096;

export function pooledRandom(): RandomBytes {
  const pool = Buffer.alloc(poolBytes);
  let used = poolBytes;
  return (size) => {
    if (size > poolBytes) throw new RangeError(`at most ${poolBytes} bytes at once`);
    if (used + size > poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    const bytes = new Uint8Array(pool.subarray(used, used + size));
    pool.fill(0, used, used + size);
    used += size;
    return bytes;
  };
}
