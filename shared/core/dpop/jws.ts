// JWS compact serialisation (RFC 7515) with a key that can only sign: for DPoP proofs and client assertions.
import { base64url } from '#core/lib/encoding.ts';
import type { SigningKey } from '#core/ports.ts';

/**
 * The caller encodes `header` once per key, since it never changes. The claims are made right before the signature, so
 * that their times are current.
 */
export async function signJws(
  key: SigningKey,
  header: string,
  claims: () => Record<string, unknown>,
): Promise<string> {
  const over = await key.turn?.();
  try {
    const input = `${header}.${base64url(JSON.stringify(claims()))}`;
    return `${input}.${base64url(await key.sign(Buffer.from(input)))}`;
  } finally {
    over?.();
  }
}

/** Remembers a protected header per key. */
export function headerOf(
  make: (key: SigningKey) => Record<string, unknown>,
): (key: SigningKey) => string {
  const known = new WeakMap<SigningKey, string>();
  return (key) => {
    let header = known.get(key);
    if (header === undefined) {
      header = base64url(JSON.stringify(make(key)));
      known.set(key, header);
    }
    return header;
  };
}
