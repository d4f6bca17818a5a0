// The hashes by which sessions are found: iss + sub, iss + sid, iss + e-mail. The table shows no personal data in the
// clear.
import { sha256 } from '#core/lib/encoding.ts';
import type { SessionIndex } from '#core/ports.ts';

export const subjectHash = (issuer: string, sub: string): string =>
  sha256(JSON.stringify(['sub', issuer, sub]));

export const sidHash = (issuer: string, sid: string): string =>
  sha256(JSON.stringify(['sid', issuer, sid]));

/** Folded, because Okta compares e-mail addresses without case. */
export const emailHash = (issuer: string, email: string): string =>
  sha256(JSON.stringify(['email', issuer, email.normalize('NFC').trim().toLowerCase()]));

export function sessionIndexOf(
  issuer: string,
  claims: { sub: string; sid?: unknown; email?: unknown },
): SessionIndex {
  return {
    subject: subjectHash(issuer, claims.sub),
    ...(typeof claims.sid === 'string' && { sid: sidHash(issuer, claims.sid) }),
    ...(typeof claims.email === 'string' && { email: emailHash(issuer, claims.email) }),
  };
}

/**
 * The hashes that the claims of a renewal change: a user's address may change, and the server may have begun another
 * session. Hashes for claims that an ID token leaves out stay as they were.
 */
export function indexChanges(
  issuer: string,
  known: SessionIndex,
  claims: Parameters<typeof sessionIndexOf>[1],
): Partial<SessionIndex> {
  const { sid, email } = sessionIndexOf(issuer, claims);
  return {
    ...(sid !== undefined && sid !== known.sid && { sid }),
    ...(email !== undefined && email !== known.email && { email }),
  };
}

/** The mark that a revocation of all sessions leaves. */
export const everyoneHash = sha256(JSON.stringify(['everyone']));
