// Passes a body on to the browser until its time is up or the session is over: an open stream must not outlive the
// sign-out. It reads the session again by its id, and keeps neither the cookie nor a token for that.
import { type Broker, secondsNow } from '#core/broker.ts';
import type { EventFields } from '#core/events.ts';
import type { BoundCookie } from '#core/ports.ts';
import { hasEnded, idleEnd } from '#core/session/session.ts';
import { isStillProven } from '#core/session/use.ts';
import type { PlaceForStream } from './stream-places.ts';

export type StreamEnd = EventFields<'stream.ended'>['why'];

/** Cuts a stream before its own end. */
export class StreamCut extends Error {
  readonly why: StreamEnd;
  constructor(why: StreamEnd, options?: ErrorOptions) {
    super(`the stream was cut: ${why}`, options);
    this.name = 'StreamCut';
    this.why = why;
  }
}

export interface StreamLimits {
  longestMs: number;
  /** The time between two checks of the session. */
  checkMs: number;
  /** How many streams a session may have at once. */
  mostPerSession: number;
}

export interface WatchedStream {
  broker: Pick<Broker, 'config' | 'sessions' | 'clock'>;
  /** The id of the session. */
  id: string;
  /** The cookie that proved the device when the stream began. The stream ends with it: whoever opened it may be a thief. */
  device?: BoundCookie | undefined;
  limits: Pick<StreamLimits, 'longestMs' | 'checkMs'>;
  /** Its place among the session's streams. */
  place?: Pick<PlaceForStream, 'isLost' | 'leave'>;
  /** Aborted when nothing more may pass. This also ends the connection to the upstream. */
  over: AbortController;
  onEnd(why: StreamEnd, bytes: number): void;
}

/** Throws StreamCut when the body does not reach its end. */
export async function* watchedStream(
  watched: WatchedStream,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const { over, place, onEnd } = watched;
  let bytes = 0;
  let why: StreamEnd = 'client_left';
  const cut = (end: StreamEnd) => over.abort(new StreamCut(end));
  const stop = watchSession(watched, cut);
  try {
    for await (const chunk of source) {
      over.signal.throwIfAborted();
      bytes += chunk.length;
      yield chunk;
      over.signal.throwIfAborted();
    }
    why = 'complete';
  } catch (fault) {
    const { reason } = over.signal;
    const fate =
      reason instanceof StreamCut ? reason : new StreamCut('upstream_failed', { cause: fault });
    why = fate.why;
    throw fate;
  } finally {
    stop();
    const { reason } = over.signal;
    if (why === 'client_left' && reason instanceof StreamCut) why = reason.why;
    over.abort(new StreamCut(why));
    onEnd(why, bytes);
    await place?.leave();
  }
}

/** Checks the session at intervals, and when it would end. One failed check in a row is tolerated. */
function watchSession(
  { broker, id, device, limits: { longestMs, checkMs }, place }: WatchedStream,
  end: (why: StreamEnd) => void,
): () => void {
  let blind = false;
  let stopped = false;
  let next: NodeJS.Timeout;
  const look = async () => {
    let wait = checkMs;
    try {
      const stored = await broker.sessions.read(id);
      if (stopped) return;
      if (!stored || hasEnded(stored.session, secondsNow(broker))) return end('session_ended');
      if (!isStillProven(broker, stored.session, device)) return end('device_not_proven');
      if (place?.isLost(stored)) return end('too_many_streams');
      blind = false;
      const nextEnd = Math.min(idleEnd(stored.session), device?.endsAt ?? Number.POSITIVE_INFINITY);
      wait = Math.min(checkMs, nextEnd * 1000 - broker.clock.now());
    } catch {
      if (stopped) return;
      if (blind) return end('store_unavailable');
      blind = true;
    }
    next = setTimeout(look, wait);
  };
  next = setTimeout(look, checkMs);
  const last = setTimeout(end, longestMs, 'time_up');
  return () => {
    stopped = true;
    clearTimeout(next);
    clearTimeout(last);
  };
}
