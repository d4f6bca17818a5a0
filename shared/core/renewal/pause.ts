// Renewals wait while the token endpoint asks for it: 429 (RFC 6585 section 4) or 503 (RFC 9110 section 15.6.4). Without
// that, each call that finds its token over costs signatures, and one more request to a server that has too many already.
//
// One user may be the reason: Okta limits the token requests of each user as well as those of the whole org
// (https://developer.okta.com/docs/reference/rl-global-enduser/), and the answers do not tell which limit it was. So a
// refusal holds back the renewals of its user, and everybody's only when a second user is refused meanwhile.
//
// An environment learns this by itself, keeps it in memory and forgets it: nothing is stored. Sign-ins do not wait. Each is
// one person's own doing, its code is over in a minute, and a stranger who begins many must not stop those of others.
import type { RequestContext } from '#core/broker.ts';
import type { BackChannelAnswer } from '#core/issuer/nonce-challenge.ts';
import { waitsMs } from '#core/limits.ts';

/** Until when, in epoch milliseconds. The authorization server is the environment's only one. */
export interface RenewalPauses {
  /** By the hash of the user. While two are held back, no other is asked for, so this stays small. */
  users: Map<string, number>;
  everybody: number;
}

/** How long, in milliseconds, whatever is asked. */
export const pausesMs = {
  shortest: 1_000,
  /** When the answer does not say how long, or nothing that can be understood. */
  usual: 5_000,
  /**
   * A refusal may hide that the server did act: a gateway in front of it can say 503 after a refresh token was rotated.
   * That renewal must be repeated within Okta's grace of 30 s, so a pause with its jitter is no longer than a lease.
   */
  longest: waitsMs.lease - 3_000,
  /** Added at random, so that environments do not come back all at once. */
  jitter: 3_000,
} as const;

/** The milliseconds that renewals of this user have to wait for, if they have to. */
export function renewalPause(
  { clock, learned: { pauses } }: Pick<RequestContext['env'], 'clock' | 'learned'>,
  user: string,
): number | undefined {
  if (!pauses) return undefined;
  const until = Math.max(pauses.everybody, pauses.users.get(user) ?? 0);
  const left = until - clock.now();
  return left > 0 ? left : undefined;
}

/** Takes what the token endpoint answered to a renewal of this user. */
export function notePause(
  { env, log }: RequestContext,
  user: string,
  { status, headers }: Pick<BackChannelAnswer, 'status' | 'headers'>,
): void {
  if (status !== 429 && status !== 503) return;
  const now = env.clock.now();
  const ms = pauseMs(headers, now);
  env.learned.pauses ??= { users: new Map(), everybody: 0 };
  const { pauses } = env.learned;
  for (const [other, until] of pauses.users) if (until <= now) pauses.users.delete(other);
  pauses.users.set(user, now + ms);
  const isShared = pauses.users.size > 1;
  if (isShared) pauses.everybody = now + ms;
  const whose = isShared ? 'everybody' : 'one_user';
  log('refresh.paused', { seconds: Math.ceil(ms / 1000), whose });
}

function pauseMs(headers: Headers, now: number): number {
  // The server's times are read by its own clock.
  const servers = dateIn(headers.get('date')) ?? now;
  const { shortest, usual, longest, jitter } = pausesMs;
  const asked = retryAfterMs(headers, servers) ?? resetMs(headers, servers) ?? usual;
  return Math.min(Math.max(asked, shortest), longest) + Math.random() * jitter;
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterMs(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after');
  if (text !== null && /^\d+$/.test(text)) return Number(text) * 1000;
  const date = dateIn(text);
  return date === undefined ? undefined : date - now;
}

/**
 * Okta sends no Retry-After, but when its limit begins anew, in epoch seconds
 * (https://developer.okta.com/docs/reference/rl-best-practices/). A past one says nothing.
 */
function resetMs(headers: Headers, now: number): number | undefined {
  const text = headers.get('x-rate-limit-reset');
  if (text === null || !/^\d+$/.test(text)) return undefined;
  const ms = Number(text) * 1000 - now;
  return ms > 0 ? ms : undefined;
}

/** The only form of a date that servers may send (RFC 9110 section 5.6.7). */
function dateIn(text: string | null): number | undefined {
  if (!text || !/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
