// Whoever waits has more patience than what it waits for: otherwise the reason of a failure is lost.
import { expect, test } from 'vitest';
import { lambdaMs, lastMomentsMs, mostBytes, silenceMs, steps, waitsMs } from '#core/limits.ts';
import { functions } from '#infra/functions.ts';
import { parseConfig } from '#shared/config/parse.ts';

test('each limit of waiting is shorter than the one that stands before it, or the same for two that never nest', () => {
  const waits = Object.entries(waitsMs);
  const wrong = waits.filter(([, ms], at) => ms > (waits[at - 1]?.[1] ?? Number.POSITIVE_INFINITY));
  expect(wrong).toEqual([]);
  const same = waits.filter(([, ms], at) => ms === waits[at - 1]?.[1]).map(([name]) => name);
  expect(same).toEqual(['connection', 'keySet']);
});

test('what is waited for ends in time for whoever waits to answer', () => {
  const { cloudFront, httpApi, lambda, answer, upstream, otherRenewal, lease, refresh } = waitsMs;
  const pairs: [outer: number, inner: number][] = [
    [cloudFront, httpApi],
    [httpApi, lambda],
    [lambda, answer + lastMomentsMs],
    [answer, upstream],
    [answer, otherRenewal],
    // Another call waits until a lease ends, and then renews within it.
    [otherRenewal, lease],
    // The keys are read, and the answer stored, during the lease.
    [lease, refresh + waitsMs.keySet],
    [answer, steps.codeExchange.mostMs + waitsMs.metadata + waitsMs.keySet],
    [lambdaMs.machine, waitsMs.metadata + waitsMs.keySet + 2 * waitsMs.aws],
    [lambdaMs.authorizer, waitsMs.aws],
    [silenceMs, answer],
    [lambdaMs.stream, silenceMs],
  ];
  for (const [outer, inner] of pairs) expect(outer).toBeGreaterThanOrEqual(inner);
});

test('a step that waits for the authorization server leaves time for what follows it', () => {
  for (const { mostMs, share } of Object.values(steps)) {
    expect(share).toBeLessThan(1);
    expect(mostMs).toBeLessThan(waitsMs.answer);
  }
});

test('a function that a browser waits for ends before its gateway, and none lives longer than Lambda allows', () => {
  const seconds = Object.values(functions).map(({ timeoutSeconds }) => timeoutSeconds);
  expect(Math.max(...seconds)).toBeLessThanOrEqual(900);
  const awaited = [functions.auth, functions.proxy, functions.machine, functions.authorizer];
  for (const { timeoutSeconds } of awaited) {
    expect(timeoutSeconds * 1000).toBeLessThan(waitsMs.httpApi);
  }
});

test('a configuration cannot give an API or a stream more time than its function has', () => {
  const route = { path: '/bff/api/*', upstream: 'https://api.example/v1' };
  const config = {
    issuer: 'https://acme.okta.example',
    clientId: 'bff',
    publicOrigin: 'https://app.example',
  };
  const withRoute = (timeoutMs: number) => () =>
    parseConfig({ ...config, routes: [{ ...route, timeoutMs }] }, 'deployed');
  expect(withRoute(waitsMs.upstream)).not.toThrow();
  expect(withRoute(waitsMs.upstream + 1)).toThrow();
  const withStreams = (ms: number) => () =>
    parseConfig({ ...config, streams: { maxSeconds: ms / 1000 } }, 'deployed');
  expect(withStreams(lambdaMs.stream - 10_000)).not.toThrow();
  expect(withStreams(lambdaMs.stream - 9_000)).toThrow();
});

test('a body fits through Lambda as base64, and so do text and the head of a stream', () => {
  expect(Math.ceil(mostBytes.body / 3) * 4).toBeLessThan(mostBytes.text);
  expect(mostBytes.text).toBeLessThan(mostBytes.lambda);
  expect(mostBytes.endpoint).toBeLessThan(mostBytes.body);
  expect(mostBytes.streamHead).toBeLessThan(mostBytes.headers);
});
