// KMS returns ECDSA signatures in DER (RFC 3279 section 2.2.3), but JOSE needs r||s (RFC 7518 section 3.4). One r or s
// in 200 is shorter than 32 bytes; every second one has a leading zero byte.

/** Returns 64 bytes for P-256. Anything but one DER sequence of two positive integers is refused. */
export function joseSignature(der: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64);
  const sEnds = der[0] === 0x30 && der[1] === der.length - 2 ? der.length : -1;
  const rEnds = copyInteger(der, 2, signature.subarray(0, 32));
  if (copyInteger(der, rEnds, signature.subarray(32)) !== sEnds) throw malformed();
  return signature;
}

/** Copies the integer, right-aligned, into `target`, and returns where it ends. */
function copyInteger(der: Uint8Array, at: number, target: Uint8Array): number {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== 0x02 || length === 0 || end > der.length) throw malformed();
  const first = der[at + 2] ?? 0;
  const second = der[at + 3] ?? 0;
  const padded = first === 0;
  // It is negative, zero, or padded without need.
  if (first > 0x7f || (padded && (length === 1 || second < 0x80))) throw malformed();
  const digits = der.subarray(at + 2 + (padded ? 1 : 0), end);
  if (digits.length > target.length) throw malformed();
  target.set(digits, target.length - digits.length);
  return end;
}

const malformed = () => new TypeError('not a DER signature for P-256');
