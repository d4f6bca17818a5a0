// A session lives until something ends it, and not longer.
import type {
  Arrival,
  Exchange,
  Injected,
  Recording,
  SessionRecorded,
} from '#test/faults/recording/recording.ts';
import { about, type Invariant, renews, said } from './violation.ts';

const byName = ({ sessions }: Recording) => new Map(sessions.map((one) => [one.name, one]));

const saysItIsOver = ({ code, authenticated }: Exchange) =>
  code === 'session_expired' || code === 'not_signed_in' || authenticated === false;

/** The cookie was worth something. */
const opened = ({ act, status, authenticated }: Exchange) =>
  act === 'session' ? authenticated === true : status !== undefined && status < 400;

const uses = new Set<Exchange['act']>([
  'get',
  'post',
  'okta',
  'account',
  'orders',
  'session',
  'stream',
]);

export const noSessionIsLost: Invariant = (recording) => {
  const sessions = byName(recording);
  const told = new Set<string>();
  return recording.exchanges.flatMap((exchange) => {
    const session = sessions.get(exchange.session ?? '');
    if (!session || !saysItIsOver(exchange) || told.has(session.name)) return [];
    if (session.endings.some(({ begun }) => begun <= exchange.to)) return [];
    if (mayHaveLostItsGrant(session, exchange, recording)) return [];
    told.add(session.name);
    return [about('no session is lost', said(exchange), exchange)];
  });
};

/**
 * The server itself said that the refresh token is spent, after an answer that brought a new one was lost: its grace
 * was over before anybody came back.
 */
function mayHaveLostItsGrant(
  { name }: SessionRecorded,
  { to }: Exchange,
  { arrivals, kills }: Recording,
): boolean {
  const renewals = arrivals.filter((one) => isRenewalOf(name, one) && one.from <= to);
  const spent = renewals.find(({ error, delivered }) => error === 'invalid_grant' && delivered);
  return renewals.some(
    (one) =>
      spent !== undefined &&
      one.status === 200 &&
      spent.from - one.from > graceMs &&
      (!one.delivered ||
        kills.some((kill) => renews(kill) && kill.at >= one.from && kill.at <= one.to + keepingMs)),
  );
}

/** For how long the server takes a refresh token that it has replaced, with some allowance for its clock. */
const graceMs = 29_000;
/** Within this time a renewal stores what it got. */
const keepingMs = 5_000;

const isRenewalOf = (session: string, { step, session: of }: Arrival) =>
  step === 'token refresh_token' && of === session;

export const noSessionOutlivesItsEnd: Invariant = (recording) => {
  const sessions = byName(recording);
  return recording.exchanges.flatMap((exchange) => {
    const session = sessions.get(exchange.session ?? '');
    if (!session || !uses.has(exchange.act) || !opened(exchange)) return [];
    const end = session.endings.find(({ confirmed }) => confirmed && confirmed < exchange.from);
    if (!end) return [];
    const what = `${said(exchange)}, after ${end.why} had been answered`;
    return [about('no session outlives its end', what, exchange)];
  });
};

/** How long a stream may go on after its session: it checks each second, and the table may be slow. */
const streamEndsWithinMs = 25_000;

export const noStreamOutlivesItsSession: Invariant = (recording) => {
  const sessions = byName(recording);
  return recording.exchanges.flatMap((exchange) => {
    const session = sessions.get(exchange.session ?? '');
    if (exchange.act !== 'stream' || !session) return [];
    const end = session.endings.find(
      ({ confirmed }) => confirmed && confirmed + streamEndsWithinMs < exchange.to,
    );
    return end ? [about('no stream outlives its session', said(exchange), exchange)] : [];
  });
};

/**
 * Without its endpoint's address, or what authenticates the client (a signature, by the key that the ring names, or the
 * secret), no revocation reaches the server.
 */
const revocationNeeds = ({ dependency, step }: Injected): boolean =>
  ['issuer_keys', 'kms', 'secrets'].includes(dependency) ||
  (dependency === 'dynamodb' && step === 'GetItem');

/** Only the product can revoke them: the browser never had them. */
export const signingOutRevokesTheTokens: Invariant = (recording) => {
  const { exchanges, arrivals, injected, kills } = recording;
  const sessions = byName(recording);
  return exchanges.flatMap((exchange) => {
    const { act, status, from, to, session = '' } = exchange;
    if (act !== 'sign_out' && act !== 'sign_out_form') return [];
    if ((status !== 204 && status !== 303) || exchange.again) return [];
    // Somebody else may have been faster.
    const endings = sessions.get(session)?.endings ?? [];
    if (endings.filter(({ begun }) => begun <= to).length > 1) return [];
    const within = ({ at }: { at: number }) => at >= from && at <= to;
    const disturbed =
      kills.some((one) => one.function === 'auth' && within(one)) ||
      injected.some((one) => revocationNeeds(one) && within(one));
    if (disturbed) return [];
    const asked = arrivals.some(
      (one) => one.step === 'revoke' && one.session === session && one.from >= from,
    );
    return asked ? [] : [about('signing out revokes the tokens', said(exchange), exchange)];
  });
};

export const aBoundSessionNeedsItsDevice: Invariant = ({ exchanges }) => {
  const registered = new Map<string, number>();
  for (const { act, status, session, to } of exchanges) {
    if (act !== 'register_device' || status !== 200 || !session) continue;
    registered.set(session, Math.min(to, registered.get(session) ?? to));
  }
  return exchanges.flatMap((exchange) => {
    const { act, status = 0, session = '', from } = exchange;
    const since = registered.get(session) ?? Number.POSITIVE_INFINITY;
    if (act !== 'without_device' || status >= 400 || from < since) return [];
    return [about('a bound session needs its device', said(exchange), exchange)];
  });
};

/** Whoever is told "not known here" does not come again. */
export const signingOutEverywhereFindsTheSessions: Invariant = ({ exchanges, sessions }) =>
  exchanges.flatMap((exchange) => {
    const { act, status, user, from, to, again } = exchange;
    // The first try ended them, and nobody heard of it.
    if (act !== 'universal_logout' || status !== 404 || again) return [];
    const alive = sessions.find(
      (one) =>
        one.user === user &&
        one.from < from &&
        one.endings.filter(({ begun }) => begun <= to).length === 1,
    );
    return alive
      ? [about('signing out everywhere finds the sessions', said(exchange), exchange)]
      : [];
  });
