// /bff/api/* for the streamed routes, behind a REST API: events as they happen, and large downloads. The calls are the
// same as in proxy.ts, but the body passes through for as long as the session lives.
import { apiCalls } from '#http/api-calls.ts';
import { streamed } from '#http/streamed.ts';
import { streaming } from '#shared/runtime/proxy.ts';

export const handler = streamed(streaming, apiCalls);
