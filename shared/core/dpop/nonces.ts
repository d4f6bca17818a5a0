// DPoP nonces, RFC 9449 sections 8 and 9. They are kept by role and origin: an authorization server and an API on one
// origin are two servers, and neither gets the other's nonces.
import type { LogEvent, Nonces } from '#core/ports.ts';

export type NonceRole = 'as' | 'rs';

/** What one environment knows. Nonces are neither secret nor bound to a user. */
export interface NonceCache {
  get(role: NonceRole, url: URL): string | undefined;
  /** Takes the nonce of an answer, whatever its status. Returns its name when it is new. */
  learn(
    context: Reporting,
    role: NonceRole,
    url: URL,
    headers: Pick<Headers, 'get'>,
  ): string | undefined;
  /** Adds the nonces that are stored beside a session, where none is known. */
  seed(nonces: Nonces): void;
}

type Reporting = { log: LogEvent };

const mostOrigins = 200;

export function nonceCache(): NonceCache {
  const newest = new Map<string, string>();
  const keep = (name: string, nonce: string) => {
    newest.delete(name);
    newest.set(name, nonce);
    if (newest.size > mostOrigins) newest.delete(newest.keys().next().value as string);
  };
  return {
    get: (role, url) => newest.get(nonceName(role, url)),
    learn({ log }, role, url, headers) {
      const nonce = headers.get('dpop-nonce');
      if (nonce === null) return undefined;
      if (!isNonce(nonce)) {
        log('nonce.malformed', { role });
        return undefined;
      }
      const name = nonceName(role, url);
      if (newest.get(name) === nonce) return undefined;
      keep(name, nonce);
      return name;
    },
    seed(nonces) {
      for (const [name, nonce] of Object.entries(nonces)) {
        if (!newest.has(name)) keep(name, nonce);
      }
    },
  };
}

export const nonceName = (role: NonceRole, url: URL): string => `${role}|${url.origin}`;

export function nonceIn(headers: Pick<Headers, 'get'>): string | undefined {
  const nonce = headers.get('dpop-nonce');
  return nonce !== null && isNonce(nonce) ? nonce : undefined;
}

/** Accepts one DPoP-Nonce of NQCHAR (section 8.1). Two of them arrive joined by a comma and a space, and fail here. */
const isNonce = (text: string) => /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/.test(text);
