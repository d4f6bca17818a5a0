// /bff/api/*: the user's calls to Okta and to other APIs, each with a fresh proof.
import type { Broker } from '#core/broker.ts';
import type { Http } from '#core/http.ts';
import { proxyParts } from '#core/proxy/call.ts';
import { apiCalls } from '#http/api-calls.ts';
import { lambda } from '#http/http-api.ts';
import type { Handle } from '#http/message.ts';
import { broker, http } from '#shared/runtime/broker.ts';

export const proxy = (broker: Broker, http: Http): Handle =>
  apiCalls(proxyParts(broker, http.send));

export const handler = lambda(() => proxy(broker(), http()));
