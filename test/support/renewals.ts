// The token for a call on the ground of a test file, and what came of asking for it.
import { vi } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import { ownAudience } from '#core/renewal/refresh.ts';
import { type TokenForCall, tokenForCall } from '#core/renewal/token-for-call.ts';
import type { Session } from '#core/session/session.ts';
import type { Ground } from './ground.ts';

/** `ground` is looked up at each call, because tests begin it later. `refused`: a token that an API refused. */
export const tokensOn =
  (ground: () => Ground) =>
  (broker: Broker, session: Session, refused?: string): Promise<TokenForCall> =>
    tokenForCall(
      ground().request(broker),
      session,
      ownAudience,
      refused === undefined ? undefined : { token: refused },
    );

/** The code of the error, or the kind of the result when there is none. */
export const codeOf = (result: Promise<TokenForCall>): Promise<string> =>
  result.then(
    ({ kind }) => kind,
    (fault) => (fault instanceof BrokerError ? fault.code : `not ours: ${fault}`),
  );

/** So much time passes for everybody in this process, until vi.useRealTimers(). */
export function pass(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

/** Longer than any pause that a token endpoint can ask for (core/renewal/pause.ts). */
export const anyPauseMs = 15_000;
