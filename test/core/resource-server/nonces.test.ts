import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Mac, type NonceIssuer, timeNonces } from '#core/resource-server/request-verifier.ts';
import { type Client, clientWith, ownApi, startedAt } from '#test/support/own-api.ts';

let client: Client;
beforeAll(async () => {
  client = await clientWith();
});

/** As KMS makes it, and how often it was asked. */
function counted(secret: string) {
  const state = { asked: 0, away: false };
  const mac: Mac = async (data) => {
    state.asked += 1;
    if (state.away) throw new Error('away');
    return createHmac('sha256', secret).update(data).digest();
  };
  return { state, mac };
}

const at = (ms: number) => ({ now: () => ms });
const issuerAt = (ms: number, ...secrets: [string, ...string[]]): NonceIssuer =>
  timeNonces({ clock: at(ms), macs: secrets.map((s) => counted(s).mac) as [Mac] });

describe('a client without a nonce', () => {
  test('is challenged with one, and is accepted with it', async () => {
    const clock = { now: () => startedAt };
    const own = await ownApi({}, { nonces: timeNonces({ clock, macs: [counted('s').mac] }) });
    const token = await own.token(client);
    const challenge = await own.verify(await own.request(client, token));
    expect(challenge).toMatchObject({
      reason: 'nonce_missing',
      status: 401,
      body: { error: 'use_dpop_nonce' },
      headers: {
        'www-authenticate': expect.stringMatching(/^DPoP error="use_dpop_nonce", /),
        'dpop-nonce': expect.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]+$/),
        'cache-control': 'no-store',
      },
    });
    const { 'dpop-nonce': nonce } = challenge.headers;
    const again = await own.verify(await own.request(client, token, { nonce }));
    expect(again).toMatchObject({ kind: 'accepted', headers: {} });
  });

  test('gets one with its first refusal already, whatever it was for', async () => {
    const own = await ownApi({}, { nonces: issuerAt(startedAt, 's') });
    const verdict = await own.verify({ method: 'GET', url: '/', authorization: [], dpop: [] });
    expect(verdict).toMatchObject({ headers: { 'dpop-nonce': expect.any(String) } });
  });
});

test.each([
  ['no nonce', undefined],
  ['an unknown nonce', 'one-of-somebody-else'],
])('a challenge for %s is no answer while its nonce cannot be made', async (_what, nonce) => {
  const away = async (): Promise<never> => {
    throw new Error('away');
  };
  const nonces: NonceIssuer = { newest: away, judge: async () => 'unknown' };
  const own = await ownApi({}, { nonces });
  const verdict = await own.verify(await own.request(client, await own.token(client), { nonce }));
  expect(verdict).toMatchObject({
    reason: 'nonce_unavailable',
    status: 503,
    headers: { 'retry-after': expect.any(String) },
  });
});

test('a client with an old nonce is accepted and learns the newest', async () => {
  const own = await ownApi({}, { nonces: issuerAt(startedAt, 's') });
  const nonce = await issuerAt(startedAt - 300_000, 's').newest();
  const newest = await issuerAt(startedAt, 's').newest();
  const verdict = await own.verify(await own.request(client, await own.token(client), { nonce }));
  expect(verdict).toMatchObject({ kind: 'accepted', headers: { 'dpop-nonce': newest } });
});

test.each([
  ['of two windows ago', issuerAt(startedAt - 600_000, 's').newest()],
  ['of two windows ahead', issuerAt(startedAt + 600_000, 's').newest()],
  ['of another key', issuerAt(startedAt, 'other').newest()],
  ['that a client made up', Promise.resolve('A'.repeat(30))],
  ['that is empty', Promise.resolve('')],
  [
    'with more behind it',
    issuerAt(startedAt, 's')
      .newest()
      .then((nonce) => `${nonce}A`),
  ],
])('a nonce %s is refused with a newer one', async (_what, nonce) => {
  const own = await ownApi({}, { nonces: issuerAt(startedAt, 's') });
  const request = await own.request(client, await own.token(client), { nonce: await nonce });
  expect(await own.verify(request)).toMatchObject({
    reason: 'nonce_unknown',
    body: { error: 'use_dpop_nonce' },
    headers: { 'dpop-nonce': await issuerAt(startedAt, 's').newest() },
  });
});

test('environments whose clocks are apart accept each other’s nonces', async () => {
  for (const ms of [-30_000, 0, 30_000]) {
    const nonce = await issuerAt(startedAt + ms, 's').newest();
    expect(await issuerAt(startedAt, 's').judge(nonce)).not.toBe('unknown');
    expect(await issuerAt(startedAt + ms, 's').judge(nonce)).toBe('newest');
  }
});

test('a nonce lives for a whole window after it was the newest', async () => {
  const window = Math.floor(startedAt / 300_000) * 300_000;
  const nonce = await issuerAt(window, 's').newest();
  expect(await issuerAt(window + 299_999, 's').judge(nonce)).toBe('newest');
  expect(await issuerAt(window + 599_999, 's').judge(nonce)).toBe('old');
  expect(await issuerAt(window + 600_000, 's').judge(nonce)).toBe('unknown');
});

test('a key can be replaced: nonces of the one before are still accepted', async () => {
  const nonce = await issuerAt(startedAt, 'old').newest();
  expect(await issuerAt(startedAt, 'new', 'old').judge(nonce)).toBe('old');
  expect(await issuerAt(startedAt, 'new', 'old').newest()).not.toBe(nonce);
  expect(await issuerAt(startedAt, 'new').judge(nonce)).toBe('unknown');
});

test('the key is asked once in each window, however many requests and guesses come', async () => {
  const { state, mac } = counted('s');
  const clock = { at: startedAt, now: () => clock.at };
  const nonces = timeNonces({ clock, macs: [mac] });
  const nonce = await nonces.newest();
  await Promise.all(Array.from({ length: 50 }, () => nonces.judge(nonce)));
  for (let guess = 0; guess < 50; guess++) {
    await nonces.judge(await issuerAt(startedAt + guess * 3_600_000, 'x').newest());
  }
  expect(state.asked).toBe(1);
  clock.at += 300_000;
  await Promise.all([nonces.newest(), nonces.newest(), nonces.judge(nonce)]);
  expect(state.asked).toBe(2);
});

test('a key that does not answer is asked once a second', async () => {
  const { state, mac } = counted('s');
  const clock = { at: startedAt, now: () => clock.at };
  const nonces = timeNonces({ clock, macs: [mac] });
  state.away = true;
  for (let call = 0; call < 20; call++) await expect(nonces.newest()).rejects.toThrow('away');
  expect(state.asked).toBe(1);
  state.away = false;
  clock.at += 1_000;
  expect(await nonces.judge(await nonces.newest())).toBe('newest');
  expect(state.asked).toBe(2);
});
