// A body on its way to the browser, for as long as it may: until its time is up, or the session is over (pitfall 27).
// The session is read again by its id; neither the cookie nor a token is kept for that.
import { type Broker, secondsNow } from '../broker.ts';
import { hasEnded, idleEnd } from '../session.ts';

export type StreamEnd =
  | 'complete'
  | 'session_ended'
  | 'time_up'
  | 'client_left'
  | 'upstream_failed'
  | 'store_unavailable';

/** Ends a stream before its end. */
export class StreamCut extends Error {
  readonly why: StreamEnd;
  constructor(why: StreamEnd, options?: ErrorOptions) {
    super(`the stream was cut: ${why}`, options);
    this.name = 'StreamCut';
    this.why = why;
  }
}

export interface LiveLimits {
  longestMs: number;
  /** Between two looks at the session. */
  checkMs: number;
}

export interface Live {
  broker: Pick<Broker, 'sessions' | 'clock'>;
  /** Of the session. */
  id: string;
  limits: LiveLimits;
  /** Aborted when nothing more may pass; it ends the connection to the upstream as well. */
  over: AbortController;
  onEnd(why: StreamEnd, bytes: number): void;
}

/** Throws StreamCut when it does not come to its end. */
export async function* live(
  { broker, id, limits, over, onEnd }: Live,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  let why: StreamEnd = 'client_left';
  const stop = watch(broker, id, limits, (end) => over.abort(new StreamCut(end)));
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
    const cut =
      reason instanceof StreamCut ? reason : new StreamCut('upstream_failed', { cause: fault });
    why = cut.why;
    throw cut;
  } finally {
    stop();
    const { reason } = over.signal;
    if (why === 'client_left' && reason instanceof StreamCut) why = reason.why;
    over.abort(new StreamCut(why));
    onEnd(why, bytes);
  }
}

/** Looks at the session every so often, and when it would end. One look in a row may fail. */
function watch(
  broker: Live['broker'],
  id: string,
  { longestMs, checkMs }: LiveLimits,
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
      blind = false;
      wait = Math.min(checkMs, idleEnd(stored.session) * 1000 - broker.clock.now());
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
