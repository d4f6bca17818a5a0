// Limits how many streams one session may have at once, because each occupies an environment until it ends. Places are
// kept beside the session, where every call reads them anyway. A place is written when a stream begins and when it
// ends. Lambda leaves it behind when a browser has left: it then counts for one more minute. After that a new stream
// may take it over, and the old one ends at its next check.
import { type Broker, secondsNow } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import { withTimeLimit } from '#core/lib/time-limit.ts';
import { waitsMs } from '#core/limits.ts';
import type { StoredSession } from '#core/ports.ts';
import type { Session } from '#core/session/session.ts';

type Streams = StoredSession['streams'];

export interface StreamPlace {
  isHeld(stored: StoredSession): boolean;
  leave(): Promise<void>;
}

const staleSeconds = 60;

/** A shorter call does not count as a stream: most are shorter, and need no place. */
const briefMs = 1_000;

export interface PlaceForStream {
  /** Takes the place now. Throws when there is none. */
  take(): Promise<void>;
  /** Another stream has taken it over. */
  isLost(stored: StoredSession): boolean;
  /** Set when there was no place. */
  refusal(): BrokerError | undefined;
  leave(): Promise<void>;
}

/**
 * The place of a call that lasts, whatever it waits for: an upstream that does not answer occupies an environment just
 * as a stream does. A table that cannot be reached ends no call here.
 */
export function placeForStream(
  broker: Parameters<typeof takePlace>[0],
  session: Session,
  most: number,
  onNone: () => void,
): PlaceForStream {
  let held: StreamPlace | undefined;
  let refusal: BrokerError | undefined;
  let taking: Promise<void> | undefined;
  let over = false;
  const leave = async () => {
    over = true;
    clearTimeout(later);
    await withTimeLimit(waitsMs.afterwards, Promise.resolve(held?.leave()), () => undefined).catch(
      () => {},
    );
  };
  const find = async () => {
    clearTimeout(later);
    held = await takePlace(broker, session, most);
    if (!held) {
      refusal = noPlace(broker, session);
      throw refusal;
    }
    if (over) await leave();
  };
  const take = () => {
    taking ??= find();
    return taking;
  };
  const later = setTimeout(() => {
    take().catch(() => refusal && onNone());
  }, briefMs);
  return {
    take,
    isLost: (stored) => held !== undefined && !held.isHeld(stored),
    refusal: () => refusal,
    leave,
  };
}

/** Refuses a stream that would find no place, before anything is signed or sent for it. */
export function requirePlace(broker: Pick<Broker, 'clock'>, session: Session, most: number): void {
  if (openPlaces(session.streams, most, secondsNow(broker)).length === 0) {
    throw noPlace(broker, session);
  }
}

export const noPlace = (broker: Pick<Broker, 'clock'>, { streams = {} }: Session): BrokerError => {
  const oldest = Math.min(...Object.values(streams), secondsNow(broker));
  const wait = Math.ceil(oldest + staleSeconds - secondsNow(broker));
  return new BrokerError('too_many_requests', 'the session has too many streams', {
    headers: { 'retry-after': String(Math.max(1, wait)) },
  });
};

/** Returns undefined when other streams were faster. */
export async function takePlace(
  broker: Pick<Broker, 'sessions' | 'clock' | 'random'>,
  { record: { id }, streams }: Session,
  most: number,
): Promise<StreamPlace | undefined> {
  const { sessions } = broker;
  const begun = uniqueTime(broker);
  for (const place of openPlaces(streams, most, secondsNow(broker), broker.random(1)[0])) {
    if (!(await sessions.takeStream(id, place, begun, secondsNow(broker) - staleSeconds))) continue;
    return {
      isHeld: (stored) => stored.streams?.[place] === begun,
      leave: () => sessions.freeStream(id, place, begun),
    };
  }
  return undefined;
}

/** Free places first, starting at a random one so that streams that begin together do not collide; then the oldest. */
function openPlaces(streams: Streams = {}, most: number, now: number, from = 0): number[] {
  const places = Array.from({ length: most }, (_, place) => place);
  const free = places.filter((place) => streams[place] === undefined);
  const begunAt = (place: number) => streams[place] ?? 0;
  const stale = places
    .filter((place) => !free.includes(place) && begunAt(place) < now - staleSeconds)
    .toSorted((one, other) => begunAt(one) - begunAt(other));
  const start = free.length === 0 ? 0 : from % free.length;
  return [...free.slice(start), ...free.slice(0, start), ...stale];
}

/** Epoch seconds. The last digits tell streams of the same moment apart. */
function uniqueTime({ clock, random }: Pick<Broker, 'clock' | 'random'>): number {
  const [high = 0, low = 0] = random(2);
  return clock.now() / 1000 + (high * 256 + low) / 65_536_000;
}
