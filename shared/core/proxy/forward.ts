// Sends a call and handles what may come back: it makes a proof for every attempt, answers one nonce challenge,
// refreshes once, and repeats an idempotent call once when its connection died. Nothing else is retried.

import { type Broker, type RequestContext, remainingMs } from '#core/broker.ts';
import { BrokerError, type ErrorCode } from '#core/errors.ts';
import { type HeaderLines, HttpFailure, type HttpFault, type Outgoing } from '#core/http.ts';
import type { Audience } from '#core/renewal/refresh.ts';
import { type TokenForCall, tokenForCall } from '#core/renewal/token-for-call.ts';
import type { Session } from '#core/session/session.ts';
import type { TokenFates } from './fates.ts';
import { proofForCall } from './proof-for-call.ts';
import { stepUpRequired } from './step-up.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Target } from './url/target.ts';
import { joinedHeaders, verdictOn } from './verdict.ts';

/** The whole answer, or, on the streaming front, a body that is still to come. */
export interface UpstreamAnswer {
  status: number;
  headers: HeaderLines;
  body: Buffer;
  stream?: AsyncIterable<Buffer>;
}

export type Send = (request: Outgoing, signal?: AbortSignal) => Promise<UpstreamAnswer>;

export interface UpstreamCall {
  target: Target;
  headers: Readonly<Record<string, string>>;
  maxBytes: number;
  /** Aborted when nobody waits for the answer any more. */
  signal?: AbortSignal | undefined;
}

export interface Forwarding {
  context: RequestContext<Broker & { send: Send; fates: TokenFates }>;
  watch: Stopwatch;
}

/** The credentials that a session lends to one upstream. */
export interface Granted {
  session: Session;
  token: string;
  ath: string;
}

export interface Forwarded {
  answer: UpstreamAnswer;
  /** The session as it is now: a refresh may have changed it. */
  granted?: Granted;
  retries: number;
  challenged: boolean;
}

const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/** `ahead` is a proof that was already made for the first attempt. */
export async function forward(
  forwarding: Forwarding,
  call: UpstreamCall,
  audience: Audience,
  first: Granted,
  ahead?: Promise<string>,
): Promise<Forwarded> {
  const { context, watch } = forwarding;
  const { env, log } = context;
  const { fates } = env;
  const { target } = call;
  const { route } = target;
  const may = { answerNonce: true, refresh: true, resend: idempotent.has(target.method) };
  let granted = first;
  let made = ahead;
  const done = (answer: UpstreamAnswer, retries: number): Forwarded => ({
    answer,
    granted,
    retries,
    challenged: !may.answerNonce,
  });
  for (let retries = 0; ; retries += 1) {
    const { session, token, ath } = granted;
    const proof = await (made ??
      watch.time('signer', proofForCall(env, target, session.record.key, ath)));
    made = undefined;
    const answer = await sendOnce(forwarding, call, {
      authorization: `DPoP ${token}`,
      dpop: proof,
    });
    if (answer instanceof HttpFailure) {
      if (answer.fault !== 'broken' || !may.resend) throw upstreamFailure(answer);
      may.resend = false;
      continue;
    }
    env.nonces.learn(context, 'rs', target.url, joinedHeaders(answer.headers));
    const verdict = verdictOn(answer);
    if (verdict.kind === 'step_up') {
      throw await stepUpRequired(env, session, verdict.challenge);
    }
    if (verdict.kind === 'nonce' && may.answerNonce) {
      may.answerNonce = false;
      log('nonce.challenged', { role: 'rs' });
    } else if (verdict.kind === 'stale_token' && may.refresh) {
      may.refresh = false;
      const fate = fates.of(route.pattern, ath);
      const refused = { token, wasTaken: fate === 'taken' };
      const access = await watch.time('token', tokenForCall(context, session, audience, refused));
      if (access.kind !== 'no_other') granted = grantedBy(access);
      // Sends the same token once more: the refusal may have concerned that one call only.
      else if (fate === 'refused') return done(answer, retries);
    } else {
      const { replacedAt } = session.content.access[audience.name] ?? {};
      if (verdict.kind === 'stale_token') fates.note(route.pattern, ath, 'refused');
      else if (replacedAt && verdict.kind === 'final') fates.note(route.pattern, ath, 'taken');
      return done(answer, retries);
    }
  }
}

/** For an upstream that gets no token: there is no proof, and only a dead connection is retried. */
export async function forwardPlain(forwarding: Forwarding, call: UpstreamCall): Promise<Forwarded> {
  for (let retries = 0; ; retries += 1) {
    const answer = await sendOnce(forwarding, call, {});
    if (!(answer instanceof HttpFailure)) return { answer, retries, challenged: false };
    const again = answer.fault === 'broken' && retries === 0 && idempotent.has(call.target.method);
    if (!again) throw upstreamFailure(answer);
  }
}

export async function grantedFor(
  { context, watch }: Forwarding,
  session: Session,
  audience: Audience,
): Promise<Granted> {
  return grantedBy(await watch.time('token', tokenForCall(context, session, audience)));
}

function grantedBy(access: TokenForCall): Granted {
  if (access.kind === 'ok') return access;
  throw new BrokerError('session_expired', 'the session has nothing left to renew it with');
}

async function sendOnce(
  { context, watch }: Forwarding,
  { target, headers, maxBytes, signal }: UpstreamCall,
  credentials: Record<string, string>,
): Promise<UpstreamAnswer | HttpFailure> {
  const timeoutMs = Math.min(target.route.timeoutMs, remainingMs(context));
  if (timeoutMs <= 0) return new HttpFailure('timeout');
  const { url, method, pathAndQuery, body } = target;
  try {
    return await watch.time(
      'upstream',
      context.env.send(
        {
          origin: url.origin,
          method,
          path: pathAndQuery,
          headers: { ...headers, ...credentials },
          body,
          timeoutMs,
          maxBytes,
        },
        signal,
      ),
    );
  } catch (fault) {
    if (fault instanceof HttpFailure) return fault;
    throw fault;
  }
}

const codes: Record<HttpFault, ErrorCode> = {
  refused: 'upstream_unreachable',
  broken: 'upstream_unreachable',
  cut: 'upstream_unreachable',
  malformed: 'upstream_unreachable',
  timeout: 'upstream_timeout',
  too_large: 'response_too_large',
};

const upstreamFailure = (failure: HttpFailure) =>
  new BrokerError(codes[failure.fault], failure.message);
