// Opens the session that a sign-in has earned. The sessions of this browser that it replaces end.
import { type Broker, type RequestContext, remainingMs } from '#core/broker.ts';
import { nonceName } from '#core/dpop/nonces.ts';
import type { JudgedTokens } from '#core/issuer/token-response.ts';
import { missingClaims } from '#core/issuer/userinfo.ts';
import { words } from '#core/lib/plain.ts';
import type { DeviceBinding, Nonces, SigningKey } from '#core/ports.ts';
import { endOne, wasSignedOutSince } from '#core/session/ending.ts';
import { sessionIndexOf } from '#core/session/lookup-hashes.ts';
import { newRecord } from '#core/session/session.ts';
import { sessionContentOf } from '#core/session/session-content.ts';
import { SignInRefused } from './refused.ts';
import type { TransactionContent } from './transaction.ts';

/** A sign-in whose browser has come back. */
export type Waiting = TransactionContent & {
  startedAt: number;
  /** Sessions of this browser that the new one replaces. */
  replaced: string[];
};

export async function openNewSession(
  context: RequestContext,
  secret: string,
  {
    tokens,
    key,
    waiting,
    device,
  }: {
    tokens: JudgedTokens;
    key: SigningKey;
    waiting: Waiting;
    device: DeviceBinding | undefined;
  },
): Promise<void> {
  const { env } = context;
  const { issuer } = env.config;
  const { startedAt } = waiting;
  const claims = tokens.claims as NonNullable<JudgedTokens['claims']>;
  const all = { ...(await missingClaims(context, tokens, key)), ...claims, sub: claims.sub };
  const index = sessionIndexOf(issuer, all);
  const record = newRecord(env, secret, {
    key,
    content: { ...sessionContentOf(env, tokens, all), startedAt },
    index,
    stepUps: await stepUpsOf(env, waiting, index.subject),
    device,
  });
  await env.sessions.create(record, knownNonces(env, new URL(issuer)));
  // Universal Logout or an operator may have signed the user out during this sign-in: then the sign-in fails.
  if (await wasSignedOutSince(env, index, startedAt)) {
    throw new SignInRefused('login_failed', words`the user was signed out everywhere meanwhile`);
  }
  if (remainingMs(context) <= 0) {
    throw new SignInRefused('login_failed', words`the session was opened too late for its answer`);
  }
  for (const id of waiting.replaced) await endOne(context, id, 'replaced');
}

/** Stores what this environment has learned, for the environments that serve the next calls. */
function knownNonces({ nonces }: Pick<Broker, 'nonces'>, issuer: URL): Nonces {
  const known: Nonces = {};
  for (const role of ['as', 'rs'] as const) {
    const nonce = nonces.get(role, issuer);
    if (nonce !== undefined) known[nonceName(role, issuer)] = nonce;
  }
  return known;
}

/**
 * How many sign-ins in a row were step-ups. The proxy uses this count to end a loop, and resets it once a step-up
 * helped.
 */
async function stepUpsOf(
  broker: Broker,
  { previous, acrValues, maxAge }: TransactionContent,
  subject: string,
): Promise<number> {
  if (!previous || (acrValues === undefined && maxAge === undefined)) return 0;
  const stored = await broker.sessions.read(previous);
  return stored?.session.index.subject === subject ? stored.session.stepUps + 1 : 0;
}
