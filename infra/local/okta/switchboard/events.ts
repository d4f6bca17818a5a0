// What happened here, newest last: each call with its decoded proof and outcome, for the page that shows them. Of
// tokens, codes and assertions, an event shows only the first characters of the hash.
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, type JWK } from 'jose';

export interface SeenProof {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Thumbprint of its key. */
  jkt?: string;
}

export interface OktaEvent {
  id: number;
  /** Epoch milliseconds. */
  at: number;
  kind:
    | 'authorize'
    | 'par'
    | 'token'
    | 'revoke'
    | 'introspect'
    | 'logout'
    | 'backchannel_logout'
    | 'universal_logout'
    | 'api';
  /** The server that answered: the org, a custom authorization server, or a resource server. */
  server: string;
  method: string;
  path: string;
  status: number;
  error?: string;
  description?: string;
  /** The answer was a nonce challenge. */
  challenged: boolean;
  grantType?: string;
  clientId?: string;
  clientAuth?: string;
  /** The `kid` of the client assertion. */
  assertionKey?: string;
  user?: string;
  scheme?: string;
  proof?: SeenProof;
  /** Hash prefixes by name: access_token, refresh_token, code, … */
  secrets?: Record<string, string>;
}

export type NewEvent = Omit<OktaEvent, 'id' | 'at' | 'challenged'>;

export interface EventFeed {
  add(event: NewEvent): void;
  list(): OktaEvent[];
  /** Returns a function that unsubscribes. */
  subscribe(listener: (event: OktaEvent) => void): () => void;
  clear(): void;
}

const kept = 500;

export function eventFeed(): EventFeed {
  let events: OktaEvent[] = [];
  let lastId = 0;
  const listeners = new Set<(event: OktaEvent) => void>();

  return {
    add(input) {
      const challenged = input.error === 'use_dpop_nonce';
      const event = { id: ++lastId, at: Date.now(), challenged, ...input };
      events = [...events.slice(1 - kept), event];
      for (const listener of listeners) listener(event);
    },
    list: () => [...events],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clear: () => {
      events = [];
    },
  };
}

export const redacted = (secret: string): string =>
  `sha256:${createHash('sha256').update(secret).digest('base64url').slice(0, 8)}`;

export function redactAll(secrets: Record<string, unknown>): Record<string, string> | undefined {
  const present = Object.entries(secrets).filter(([, value]) => typeof value === 'string' && value);
  if (present.length === 0) return undefined;
  return Object.fromEntries(present.map(([name, value]) => [name, redacted(String(value))]));
}

export async function seenProof(header: string | undefined): Promise<SeenProof | undefined> {
  if (!header) return undefined;
  try {
    const decoded = decodeProtectedHeader(header);
    const jkt = decoded.jwk ? await calculateJwkThumbprint(decoded.jwk as JWK) : undefined;
    return {
      header: { ...decoded },
      claims: { ...decodeJwt(header) },
      ...(jkt ? { jkt } : {}),
    };
  } catch {
    return { header: {}, claims: {} };
  }
}
