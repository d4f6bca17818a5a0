// Strangers can send as many tokens as they like. While the issuer is away, that must not become as many requests to it.
import { expect, test } from 'vitest';
import { clientWith, issuer, ownApi } from '#test/support/own-api.ts';

const metadata = `${issuer}/.well-known/openid-configuration`;
const keys = `${issuer}/v1/keys`;

test.each([
  ['metadata is rate limited', metadata, () => new Response('', { status: 429 })],
  ['metadata cannot be fetched', metadata, () => Promise.reject(new TypeError('down'))],
  ['keys are rate limited', keys, () => new Response('', { status: 429 })],
  ['keys cannot be fetched', keys, () => Promise.reject(new TypeError('down'))],
])(
  'an issuer whose %s is asked once a second, however many tokens come',
  async (_what, url, fails) => {
    const [api, client] = await Promise.all([ownApi(), clientWith()]);
    const works = api.answers[url] as () => Response;
    api.answers[url] = fails;
    const called = async () => api.verify(await api.request(client, await api.token(client)));
    const askedFor = () => api.asked.filter((one) => one === url).length;
    for (let calls = 0; calls < 20; calls++) {
      expect(await called()).toMatchObject({ status: 503, reason: 'keys_unavailable' });
    }
    expect(askedFor()).toBe(1);
    api.clock.at += 1_000;
    expect(await called()).toMatchObject({ status: 503, reason: 'keys_unavailable' });
    expect(askedFor()).toBe(2);
    api.answers[url] = works;
    api.clock.at += 1_000;
    expect(await called()).toMatchObject({ kind: 'accepted' });
  },
);
