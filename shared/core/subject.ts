// The hashes by which sessions are found again: iss + sub, iss + sid, iss + e-mail. The table shows no
// personal data in the clear.
import { sha256 } from './bytes.ts';
import type { SessionIndex } from './ports.ts';

export const subjectHash = (issuer: string, sub: string): string =>
  sha256(JSON.stringify(['sub', issuer, sub]));

export const sidHash = (issuer: string, sid: string): string =>
  sha256(JSON.stringify(['sid', issuer, sid]));

/** Folded: Okta compares e-mail addresses without case. */
export const emailHash = (issuer: string, email: string): string =>
  sha256(JSON.stringify(['email', issuer, email.normalize('NFC').trim().toLowerCase()]));

export function indexOf(
  issuer: string,
  claims: { sub: string; sid?: unknown; email?: unknown },
): SessionIndex {
  return {
    subject: subjectHash(issuer, claims.sub),
    ...(typeof claims.sid === 'string' && { sid: sidHash(issuer, claims.sid) }),
    ...(typeof claims.email === 'string' && { email: emailHash(issuer, claims.email) }),
  };
}

/** What a revocation of all sessions marks. */
export const everyone = sha256(JSON.stringify(['everyone']));
