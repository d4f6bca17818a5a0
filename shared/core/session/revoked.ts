// Tells whether a user was signed out everywhere after a sign-in began, by the authorization server or an operator.
// Both find sessions by an index that lags behind the table, so they first leave marks, which are read consistently.
import type { Broker } from '#core/broker.ts';
import type { SessionIndex } from '#core/ports.ts';
import { everyone } from './lookup-hashes.ts';

export async function isRevoked(
  { marks }: Pick<Broker, 'marks'>,
  { subject, email, sid }: Partial<SessionIndex>,
  startedAt: number,
): Promise<boolean> {
  const hashes = [everyone, subject, email, sid].filter((hash) => hash !== undefined);
  return (await marks.revokedBefore(hashes)) >= startedAt;
}
