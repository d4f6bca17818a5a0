// /bff/api/* for the streamed routes, behind a REST API: events as they happen, and large downloads. The calls are the
// same as in proxy.ts, but the body passes through for as long as the session lives.
import type { Broker } from '#core/broker.ts';
import type { Http } from '#core/http.ts';
import { proxyParts } from '#core/proxy/call.ts';
import { streamingSend } from '#core/proxy/streaming-send.ts';
import { apiCalls } from '#http/api-calls.ts';
import type { Handle } from '#http/message.ts';
import { streamed } from '#http/streamed.ts';
import { broker, http } from '#shared/runtime/broker.ts';

export function stream(broker: Broker, http: Http): Handle {
  const { maxSeconds, checkSeconds, maxPerSession } = broker.config.streams;
  const limits = {
    longestMs: maxSeconds * 1_000,
    checkMs: checkSeconds * 1_000,
    mostPerSession: maxPerSession,
  };
  return apiCalls(proxyParts(broker, streamingSend(http)), limits);
}

export const handler = streamed(() => stream(broker(), http()));
