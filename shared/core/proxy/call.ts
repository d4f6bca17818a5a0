// The hot path. While the table confirms the session, the proof is already being signed; then the call is sent, the
// answer filtered and returned. environment.ts lists what is remembered between calls; everything else stays in the call.
import { type RequestContext, remainingMs, secondsNow } from '#core/broker.ts';
import { nonceName } from '#core/dpop/nonces.ts';
import { BrokerError, type ErrorCode, retrySoon, statusOf } from '#core/errors.ts';
import { withTimeLimit } from '#core/lib/time-limit.ts';
import { mostBytes, waitsMs } from '#core/limits.ts';
import type { BoundCookie } from '#core/ports.ts';
import { type Session, sessionIdOf, slideIdleTime } from '#core/session/session.ts';
import { mayBeBound, type Shown, useSession } from '#core/session/use.ts';
import { clientAnswer, type ProxyAnswer } from './answer/client-answer.ts';
import { type RequestHeaders, requestHeaders } from './answer/request-headers.ts';
import type { ProxyEnvironment } from './environment.ts';
import {
  type Forwarded,
  forward,
  forwardPlain,
  type Granted,
  grantedFor,
  type UpstreamAnswer,
  type UpstreamCall,
} from './forward.ts';
import { signAhead } from './speculation.ts';
import { type CallPart, type Stopwatch, stopwatch } from './stopwatch.ts';
import {
  StreamCut,
  type StreamEnd,
  type StreamLimits,
  type WatchedStream,
  watchedStream,
} from './stream.ts';
import { type PlaceForStream, placeForStream, requirePlace } from './stream-places.ts';
import { traceOf } from './trace.ts';
import type { Target } from './url/target.ts';

export interface ApiCall {
  target: Target;
  headers: RequestHeaders;
  shown: Shown;
  /** On the streaming front: its limits, and a signal for when the browser has left. */
  stream?: { limits: StreamLimits; left: AbortSignal | undefined } | undefined;
}

interface CallRecord {
  status: number;
  forwarded?: Forwarded;
  signedAhead?: boolean;
  /** The cookie that proved the device, for a session that is bound. */
  device?: BoundCookie | undefined;
  /** On the streaming front. */
  place?: PlaceForStream;
}

const nonceEveryMs = 5_000;

export async function proxiedCall(
  context: RequestContext<ProxyEnvironment>,
  asking: ApiCall,
): Promise<ProxyAnswer> {
  const { env, log } = context;
  const watch = stopwatch(env.clock);
  const trace = traceOf(env.random, asking.headers.traceparent);
  const outcome: CallRecord = { status: statusOf('internal') };
  const over = asking.stream && abortWhenLeft(asking.stream.left);
  try {
    const answer = await withTimeLimit(
      remainingMs(context),
      call(context, watch, asking, trace.traceparent, outcome, over),
      () => {
        throw outOfTime(watch);
      },
    );
    outcome.status = answer.status;
    if (over && outcome.place && answer.stream) {
      return streamedAnswer(context, asking, over, { ...outcome, place: outcome.place }, answer);
    }
    await outcome.place?.leave();
    return answer;
  } catch (cause) {
    over?.abort();
    await outcome.place?.leave();
    const fault = outcome.place?.refusal() ?? cause;
    if (fault instanceof BrokerError) outcome.status = statusOf(fault.code);
    throw fault;
  } finally {
    const { target } = asking;
    log('proxy.completed', {
      route: target.route.pattern,
      method: target.method,
      status: outcome.status,
      totalMs: watch.total(),
      storeMs: watch.spent('store'),
      signerMs: watch.spent('signer'),
      tokenMs: watch.spent('token'),
      upstreamMs: watch.spent('upstream'),
      retries: outcome.forwarded?.retries ?? 0,
      nonceHit: outcome.forwarded?.challenged === false,
      speculationHit: outcome.signedAhead ?? false,
      trace: trace.id,
    });
  }
}

async function call(
  context: RequestContext<ProxyEnvironment>,
  watch: Stopwatch,
  { target, headers: given, shown, stream }: ApiCall,
  traceparent: string,
  outcome: CallRecord,
  over: AbortController | undefined,
): Promise<ProxyAnswer> {
  const { env } = context;
  const { memory } = env;
  const { route } = target;
  const headers = requestHeaders(route.requestHeader, given, target.body !== undefined);
  const request: UpstreamCall = {
    target,
    headers: { ...headers, traceparent },
    maxBytes: mostBytes.body,
    signal: over?.signal,
  };
  const forwarding = { context, watch };

  const id = sessionIdOf(shown.secret);
  const ahead = signAhead(env, watch, memory, target, { id, deviceHash: shown.deviceHash });
  const used = await watch.time('store', useSession(context, shown));
  if (!used) {
    memory.forget(id);
    throw new BrokerError('session_expired', 'the cookie has no session');
  }
  const { session, proof: device } = used;
  outcome.device = device;
  if (stream) {
    const { mostPerSession } = stream.limits;
    requirePlace(env, session, mostPerSession);
    outcome.place = placeForStream(env, session, mostPerSession, () =>
      over?.abort(new StreamCut('too_many_streams')),
    );
  }
  env.nonces.seed(session.nonces);
  const slid = slideIdleTime(env, session)?.catch(() => {});

  if (!route.audience) {
    outcome.forwarded = await forwardPlain(forwarding, request);
  } else {
    const { audience } = route;
    const granted = await grantedFor(forwarding, session, audience);
    const { key } = granted.session.record;
    const learn = ({ session: { record, content }, ath }: Granted) => {
      // The next call of a session that is bound meanwhile needs a cookie that is not known yet.
      if (mayBeBound(record, secondsNow(env))) return;
      const { expiresAt = 0 } = content.access[audience.name] ?? {};
      memory.learn(id, { key: record.key, device }, audience.name, { ath, expiresAt });
    };
    learn(granted);
    const proof = ahead?.proofFor(key, granted.ath);
    outcome.signedAhead = proof !== undefined;
    outcome.forwarded = await forward(forwarding, request, audience, granted, proof);
    const now = outcome.forwarded.granted;
    // A refresh during the call changed it.
    if (now && now !== granted) learn(now);
  }
  const saved = saveNonce(env, session, target.url);
  if (slid || saved)
    await withTimeLimit(waitsMs.afterwards, Promise.all([slid, saved]), () => undefined);
  const answer = clientAnswer(env.routes, target, outcome.forwarded.answer, {
    now: env.clock.now(),
    maxBytes: mostBytes.body,
  });
  if (answer.stream && !isBrief(target.method, outcome.forwarded.answer)) {
    await outcome.place?.take();
  }
  return answer;
}

/** Such an answer most likely ends in a moment. If it does not, its stream takes a place later. */
function isBrief(method: string, { status, headers }: UpstreamAnswer): boolean {
  const field = (wanted: string) => headers.find(([name]) => name === wanted)?.[1];
  const length = field('content-length');
  return (
    method === 'HEAD' ||
    status === 204 ||
    status === 304 ||
    (length !== undefined && Number(length) <= mostBytes.brief) ||
    /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(field('content-type') ?? '')
  );
}

/** Ends a stream early. It is aborted when the browser leaves. */
function abortWhenLeft(left: AbortSignal | undefined): AbortController {
  const over = new AbortController();
  const leave = () => over.abort(new StreamCut('client_left'));
  if (left?.aborted) leave();
  else left?.addEventListener('abort', leave, { once: true });
  return over;
}

/** From here on, only the id of the session is kept, and the hash of the cookie that proved its device. */
function streamedAnswer(
  { env, log }: RequestContext<ProxyEnvironment>,
  { target, shown, stream }: ApiCall,
  over: AbortController,
  { place, device }: Pick<CallRecord, 'device'> & { place: PlaceForStream },
  answer: ProxyAnswer,
): ProxyAnswer {
  if (!answer.stream || !stream) return answer;
  const { pattern } = target.route;
  const begun = env.clock.now();
  const onEnd = (why: StreamEnd, bytes: number) =>
    log('stream.ended', {
      route: pattern,
      why,
      bytes,
      totalMs: env.clock.now() - begun,
    });
  const { limits } = stream;
  const id = sessionIdOf(shown.secret);
  const watched: WatchedStream = { broker: env, id, device, limits, over, onEnd, place };
  return { ...answer, stream: watchedStream(watched, answer.stream), over: over.signal };
}

/** Stores the nonce beside the session for other environments: best effort, and not at every call. */
function saveNonce(
  { nonces, sessions, clock, memory }: ProxyEnvironment,
  { record, nonces: stored }: Session,
  url: URL,
): Promise<void> | undefined {
  const nonce = nonces.get('rs', url);
  const name = nonceName('rs', url);
  const known = memory.get(record.id);
  if (nonce === undefined || nonce === stored[name] || !known) return undefined;
  const now = clock.now();
  if (now - known.nonceSavedAt < nonceEveryMs) return undefined;
  memory.savedNonce(record.id, now);
  return sessions.saveNonce(record.id, name, nonce).catch(() => {});
}

const lateCodes: Record<CallPart, ErrorCode> = {
  store: 'store_unavailable',
  signer: 'signer_unavailable',
  token: 'refresh_unavailable',
  upstream: 'upstream_timeout',
};

/** The gateway would soon give up without a reason, so we answer with one first. */
function outOfTime(watch: Stopwatch): BrokerError {
  const part = watch.waitingFor() ?? 'upstream';
  return new BrokerError(lateCodes[part], `the time ran out while waiting for: ${part}`, {
    headers: part === 'upstream' ? {} : retrySoon(),
  });
}
