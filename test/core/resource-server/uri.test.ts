// `htu` against the URI of the request after the normalisation of RFC 3986 sections 6.2.2 and 6.2.3.
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiSettings } from '#core/resource-server/request-verifier.ts';
import { type Client, clientWith, ownApi } from '#test/support/own-api.ts';

let client: Client;
beforeAll(async () => {
  client = await clientWith();
});

async function reasonFor(
  htu: string,
  url: string,
  settings: Partial<ApiSettings> = {},
  pathIsDecoded = false,
) {
  const api = await ownApi({ tokenAlgs: ['ES256'], ...settings }, { tokenAlg: 'ES256' });
  const request = await api.request(client, await api.token(client), { htu });
  const verdict = await api.verify({ ...request, url, pathIsDecoded });
  return verdict.kind === 'accepted' ? 'accepted' : verdict.reason;
}

const base = 'https://api.example.com';

describe('htu names the request', () => {
  test.each([
    ['as it is', `${base}/orders`, '/orders'],
    ['without the query of the request', `${base}/orders`, '/orders?limit=10'],
    ['with a query and a fragment, which do not count', `${base}/orders?a=b#c`, '/orders?limit=10'],
    ['with scheme and host in capitals', 'HTTPS://API.Example.COM/orders', '/orders'],
    ['with the port that https has anyway', 'https://api.example.com:443/orders', '/orders'],
    ['with an empty port', 'https://api.example.com:/orders', '/orders'],
    ['without a path', base, '/'],
    ['with only a query', `${base}?a=b`, '/?a=b'],
    ['with an escaped letter', `${base}/%6Frders`, '/orders'],
    ['with a letter that only the request escapes', `${base}/orders`, '/%6frders'],
    ['with an escape in small letters', `${base}/caf%c3%a9`, '/caf%C3%A9'],
    ['with an escaped tilde', `${base}/%7Eada`, '/~ada'],
    ['with dot segments', `${base}/x/../orders/.`, '/orders/'],
    ['with escaped dot segments', `${base}/x/%2E%2e/orders`, '/orders'],
    ['with raw characters in the request', `${base}/caf%C3%A9`, '/café'],
    ['with a scheme and a host in the request line', `${base}/orders`, 'http://inside:8080/orders'],
    ['with an escaped slash in both', `${base}/a%2fb`, '/a%2Fb'],
    ['with two slashes in both', `${base}/a//b`, '/a//b'],
    ['with an at sign in its path', `${base}/users/ada@acme.com`, '/users/ada@acme.com'],
    ['with an at sign in its query', `${base}/orders?of=ada@acme.com`, '/orders'],
    ['with a path that looks like a host', `${base}//evil.example/x`, '//evil.example/x'],
  ])('%s', async (_what, htu, url) => {
    expect(await reasonFor(htu, url)).toBe('accepted');
  });
});

describe('htu does not name the request', () => {
  test.each([
    ['with another scheme', 'http://api.example.com/orders', '/orders'],
    ['with another host', 'https://api.example.org/orders', '/orders'],
    ['with another port', 'https://api.example.com:8443/orders', '/orders'],
    ['with a longer host', 'https://api.example.com.evil.example/orders', '/orders'],
    ['with a slash at its end', `${base}/orders/`, '/orders'],
    ['without the slash at the end of the request', `${base}/orders`, '/orders/'],
    ['with capitals in the path', `${base}/Orders`, '/orders'],
    ['with an escaped slash', `${base}/a%2Fb`, '/a/b'],
    ['with an escaped reserved character', `${base}/a%3Bb`, '/a;b'],
    ['with one slash of two', `${base}/a/b`, '/a//b'],
    ['with a path above it', `${base}/orders`, '/orders/1'],
    ['with a user', 'https://ada@api.example.com/orders', '/orders'],
    ['with an empty user', 'https://@api.example.com/orders', '/orders'],
    ['with an escaped at sign where the request has a raw one', `${base}/a%40b`, '/a@b'],
    ['with only a path', '/orders', '/orders'],
    ['without a scheme', '//api.example.com/orders', '/orders'],
    ['with no slashes', 'https:api.example.com/orders', '/orders'],
    ['with three slashes', 'https:///api.example.com/orders', '/orders'],
    ['with backslashes', 'https:\\\\api.example.com\\orders', '/orders'],
    ['with a space around it', ` ${base}/orders`, '/orders'],
    ['with a line break in it', `${base}/or\nders`, '/orders'],
    ['with raw letters beyond ASCII', `${base}/café`, '/caf%C3%A9'],
    ['with half an escape', `${base}/100%`, '/100%'],
    ['without the tab of the request', `${base}/orders`, '/or\tders'],
    ['without the space at the end of the request', `${base}/orders`, '/orders '],
    ['with nothing', '', '/orders'],
    [
      'with a path that is another host to a careless parser',
      'https://evil.example/x',
      '//evil.example/x',
    ],
  ])('%s', async (_what, htu, url) => {
    expect(['proof_htu', 'proof_claims']).toContain(await reasonFor(htu, url));
  });
});

describe('the API is where its owner says', () => {
  test.each([
    ['https://api.example.com/', 'https://api.example.com/orders', 'accepted'],
    ['https://API.example.com:443', 'https://api.example.com/orders', 'accepted'],
    ['https://[2001:DB8:0:0::1]:8443', 'https://[2001:db8::1]:8443/orders', 'accepted'],
    ['https://[2001:db8::1]', 'https://[2001:db8::2]/orders', 'proof_htu'],
    ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example/orders', 'accepted'],
    // A proxy takes `/shop` off.
    ['https://api.example.com/shop', 'https://api.example.com/shop/orders', 'accepted'],
    ['https://api.example.com/shop', 'https://api.example.com/orders', 'proof_htu'],
  ])('at %s, for the htu %s: %s', async (publicUrl, htu, reason) => {
    expect(await reasonFor(htu, '/orders', { publicUrl })).toBe(reason);
  });

  test('at several places', async () => {
    const publicUrl = ['https://api.example.com', 'https://api.example.org'];
    for (const url of publicUrl) {
      expect(await reasonFor(`${url}/orders`, '/orders', { publicUrl })).toBe('accepted');
    }
    expect(await reasonFor('https://api.example.net/orders', '/orders', { publicUrl })).toBe(
      'proof_htu',
    );
  });

  test('and never where the request says, unless it may', async () => {
    const htu = 'https://evil.example/orders';
    expect(await reasonFor(htu, htu)).toBe('proof_htu');
    const trusting = { publicUrl: undefined, trustHost: true };
    expect(await reasonFor(htu, htu, trusting)).toBe('accepted');
    expect(await reasonFor(htu, 'https://api.example.com/orders', trusting)).toBe('proof_htu');
    expect(await reasonFor(htu, '/orders', trusting)).toBe('proof_htu');
  });
});

describe('a path that arrives decoded', () => {
  test.each([
    ['with a space', `${base}/a%20b`, '/a b', 'accepted'],
    ['with a percent sign', `${base}/100%25`, '/100%', 'accepted'],
    ['with what looks like an escape', `${base}/%2541`, '/%41', 'accepted'],
    [
      'with a slash that was escaped, which nobody can tell any more',
      `${base}/a%2Fb`,
      '/a/b',
      'accepted',
    ],
    ['with a question mark', `${base}/a%3Fb`, '/a?b', 'accepted'],
    ['with a tab', `${base}/a%09b`, '/a\tb', 'accepted'],
    ['with a space at its end', `${base}/orders%20`, '/orders ', 'accepted'],
    // A parser of URLs removes these characters, but the API behind the gateway gets them.
    ['with a tab that the proof does not name', `${base}/orders`, '/or\tders', 'proof_htu'],
    [
      'with a line break that the proof does not name',
      `${base}/orders`,
      '/or\r\nders',
      'proof_htu',
    ],
    [
      'with a space at its end that the proof does not name',
      `${base}/orders`,
      '/orders ',
      'proof_htu',
    ],
    [
      'with a NUL at its end that the proof does not name',
      `${base}/orders`,
      '/orders\0',
      'proof_htu',
    ],
    ['of another request', `${base}/a%20b`, '/a c', 'proof_htu'],
    ['of which the htu is the beginning', `${base}/a`, '/a?b', 'proof_htu'],
  ])('%s', async (_what, htu, url, reason) => {
    expect(await reasonFor(htu, url, {}, true)).toBe(reason);
  });
});
