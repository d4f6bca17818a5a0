// JWS compact serialisation (RFC 7515) over a key that only signs: DPoP proofs and client assertions.
import { base64url } from './bytes.ts';
import type { SigningKey } from './ports.ts';

/**
 * `header` is encoded once per key by the caller, since it never changes. The claims are made when it is this
 * signature's turn: what they say of the time is of the moment before it.
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
