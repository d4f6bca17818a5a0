// Checks what KMS answered to GenerateMac.

/** An alias may name another key tomorrow, and a shorter code would prove nothing. */
export function macIn(
  { keyId, mac }: { keyId: string | undefined; mac: Uint8Array | undefined },
  wanted: string,
): Uint8Array {
  if (keyId !== wanted) throw new TypeError('KMS answered for another key than the one named');
  if (mac?.length !== 32) throw new TypeError('KMS answered without a code of 32 bytes');
  return mac;
}
