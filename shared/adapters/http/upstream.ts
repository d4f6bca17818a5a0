// The HTTP client for proxied calls: pooled connections, decompressed bodies.
import type { Http } from '#core/http.ts';
import { type HttpClientOptions, httpClient } from './client.ts';
import { plainBodies } from './plain-bodies.ts';

export const upstream = (options?: HttpClientOptions): Http => plainBodies(httpClient(options));
