// What reaches a dependency: nothing twice that is not to happen twice, and nothing without its proof.
import type { Arrival, Recording } from '#test/faults/recording/recording.ts';
import { about, type Invariant, renews, stalledMs } from './violation.ts';

/** The server did nothing, and asked for another proof or token. */
const demandsAnother = ({ status = 0, error }: Arrival) =>
  (status === 400 || status === 401) &&
  (error === 'use_dpop_nonce' || error === 'invalid_token' || error === 'invalid_dpop_proof');

const isUnsafe = ({ method, step }: Arrival) => method === 'POST' && step === 'POST';
const redeemsCode = ({ step }: Arrival) => step === 'token authorization_code';

function sentTwice(
  invariant: string,
  arrivals: Arrival[],
  nameOf: (one: Arrival) => string | undefined,
) {
  const last = new Map<string, Arrival>();
  return arrivals.flatMap((arrival) => {
    const name = nameOf(arrival);
    if (name === undefined) return [];
    const before = last.get(name);
    last.set(name, arrival);
    if (!before || (before.delivered && demandsAnother(before))) return [];
    const what = `${arrival.method} ${arrival.path} came again after ${before.fault ?? before.status}`;
    return [about(invariant, what, arrival)];
  });
}

export const nothingUnsafeIsSentTwice: Invariant = ({ arrivals }) =>
  sentTwice('nothing unsafe is sent twice', arrivals.filter(isUnsafe), ({ call }) => call);

/**
 * A server that cannot read our keys refuses the client before it looks at the code (RFC 6749 section 4.1.3), so the code
 * may come once more. After a second refusal it may not.
 */
function withoutFirstRefusals(redemptions: Arrival[]): Arrival[] {
  const refused = new Set<string>();
  return redemptions.filter(({ code, delivered, status, error }) => {
    const isFirst = code !== undefined && !refused.has(code);
    if (!isFirst || !delivered || status !== 401 || error !== 'invalid_client') return true;
    refused.add(code);
    return false;
  });
}

export const noCodeIsRedeemedTwice: Invariant = ({ arrivals }) =>
  sentTwice(
    'no code is redeemed twice',
    withoutFirstRefusals(arrivals.filter(redeemsCode)),
    ({ code }) => code,
  );

export const nothingUnsafeIsDoneTwice: Invariant = ({ arrivals }) => {
  const done = new Set<string>();
  return arrivals.filter(isUnsafe).flatMap((arrival) => {
    const { call, acted, status = 0 } = arrival;
    if (!call || !acted || status >= 300) return [];
    const twice = done.has(call);
    done.add(call);
    const what = `${arrival.method} ${arrival.path} was carried out twice`;
    return twice ? [about('nothing unsafe is done twice', what, arrival)] : [];
  });
};

function usedTwice(invariant: string, name: 'proof' | 'assertion'): Invariant {
  return ({ arrivals }) => {
    const seen = new Set<string>();
    return arrivals.flatMap((arrival) => {
      const jti = arrival[name];
      if (jti === undefined) return [];
      const twice = seen.has(jti);
      seen.add(jti);
      return twice
        ? [about(invariant, `${arrival.step} had the jti of an earlier one`, arrival)]
        : [];
    });
  };
}

export const noProofIsUsedTwice = usedTwice('no proof is used twice', 'proof');
export const noAssertionIsUsedTwice = usedTwice('no assertion is used twice', 'assertion');

/** A client with a secret shows it where it asks for tokens or revokes them, and nowhere else. */
const authenticates = ({ dependency, step, scheme }: Arrival) =>
  scheme === 'Basic' && dependency === 'issuer' && step !== 'userinfo';

export const neverBearer: Invariant = ({ arrivals }) =>
  arrivals
    .filter((one) => one.scheme !== undefined && !authenticates(one))
    .filter(({ scheme, proof }) => scheme !== 'DPoP' || !proof)
    .map((one) => about('never Bearer', `${one.step} came with ${one.scheme}`, one));

/** What a proof needs at most from its signature to where it goes. */
const underWayMs = 2_000;

export const noKeySignsWhenItIsDisabled: Invariant = ({ arrivals, disabled, stalls }) =>
  arrivals.flatMap((arrival) => {
    const key = disabled.find(({ jkt }) => jkt === arrival.jkt);
    if (!key || arrival.from <= key.at + underWayMs + stalledMs(stalls, key.at, arrival.from))
      return [];
    const what = `${arrival.step} had a proof of a key that was disabled`;
    return [about('no key signs when it is disabled', what, arrival)];
  });

export const tokensAreAskedForWithAProof: Invariant = ({ arrivals }) =>
  arrivals
    .filter(({ step, proof }) => step.startsWith('token ') && !proof)
    .map((one) => about('tokens are asked for with a proof', `${one.step} had none`, one));

/** The token of a call is that of the session whose user made it. */
export const everyCallHasItsOwnToken: Invariant = ({ arrivals, exchanges }) => {
  const calls = new Map(exchanges.map((one) => [one.id, one]));
  return arrivals.flatMap((arrival) => {
    const exchange = calls.get(arrival.call ?? '');
    if (!exchange?.session || !arrival.session || exchange.session === arrival.session) return [];
    const what = `${arrival.path} for ${exchange.session} came with a token of ${arrival.session}`;
    return [about('every call has its own token', what, exchange)];
  });
};

const renewals = ({ arrivals }: Recording) =>
  arrivals.filter(({ step, session }) => step === 'token refresh_token' && session !== undefined);

export const oneRenewalAtATime: Invariant = (recording) => {
  const last = new Map<string, Arrival>();
  return renewals(recording).flatMap((arrival) => {
    const { session = '', from, to } = arrival;
    const before = last.get(session);
    if (!before || to > before.to) last.set(session, arrival);
    if (!before || from >= before.to) return [];
    return [about('one renewal at a time', `two renewals of ${session} at once`, arrival)];
  });
};

/** How early a token is renewed, as a share of its life, and what clocks that count seconds need. */
const renewedEarly = 0.1;
const roundingMs = 1_500;

export const oneTokenCallPerExpiry: Invariant = (recording) => {
  const last = new Map<string, Arrival>();
  return renewals(recording).flatMap((arrival) => {
    const name = `${arrival.session} ${arrival.audience ?? ''}`;
    const before = last.get(name);
    if (demandsAnother(arrival)) return [];
    last.set(name, arrival);
    if (!before?.expiresIn || before.status !== 200 || !before.delivered) return [];
    const due = before.to + before.expiresIn * 1000 * (1 - renewedEarly) - roundingMs;
    if (arrival.from >= due || mayHaveBeenLost(before, arrival, recording)) return [];
    const what = `${name} was renewed again after ${Math.round(arrival.from - before.to)} ms`;
    return [about('one token call per expiry', what, arrival)];
  });
};

/** What the renewal brought was not stored in the session's item, or an API did not take it. */
function mayHaveBeenLost(
  { session, to }: Arrival,
  { from }: Arrival,
  { arrivals, injected, kills }: Recording,
): boolean {
  const afterwards = ({ at }: { at: number }) => at >= to - 50 && at <= from;
  return (
    kills.some((one) => renews(one) && afterwards(one)) ||
    injected.some(
      (one) => one.step === 'UpdateItem' && one.session === session && afterwards(one),
    ) ||
    arrivals.some(
      (one) =>
        one.session === session &&
        one.error === 'invalid_token' &&
        one.to >= to &&
        one.from <= from,
    )
  );
}
