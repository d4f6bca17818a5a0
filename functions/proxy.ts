// /bff/api/*: the user's calls to Okta and to other APIs, each with a fresh proof.
import { apiCalls } from '#http/api-calls.ts';
import { lambda } from '#http/http-api.ts';
import { buffering } from '#shared/runtime/proxy.ts';

export const handler = lambda(buffering, apiCalls);
