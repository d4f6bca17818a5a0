// The composition root of the functions that pass calls on, one for each front.
import { upstream } from '#adapters/http/upstream.ts';
import { type ProxyEnvironment, proxyEnvironment } from '#core/proxy/environment.ts';
import { streamingSend } from '#core/proxy/streaming-send.ts';
import { brokerOver } from './broker.ts';

export function buffering(): ProxyEnvironment {
  const http = upstream();
  return proxyEnvironment(brokerOver(http), { send: http.send });
}

export function streaming(): ProxyEnvironment {
  const http = upstream();
  const broker = brokerOver(http);
  const { maxSeconds, checkSeconds, maxPerSession } = broker.config.streams;
  const streams = {
    longestMs: maxSeconds * 1_000,
    checkMs: checkSeconds * 1_000,
    mostPerSession: maxPerSession,
  };
  return proxyEnvironment(broker, { send: streamingSend(http), streams });
}
