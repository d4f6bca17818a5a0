import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '#core/errors.ts';
import { parseLogin } from '#core/sign-in/parameters.ts';
import { holds } from '#test/support/holds.ts';

const policy = {
  publicOrigin: 'https://app.example',
  issuer: 'https://acme.okta.example',
  thirdPartyLogin: false,
};
const parse = (query: string, more = {}) =>
  parseLogin(new URLSearchParams(query), { ...policy, ...more });
const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (fault) {
    return fault instanceof BrokerError ? fault.code : `not ours: ${fault}`;
  }
};

test('the allowed parameters are passed on under their own names', () => {
  const query =
    'return_to=%2Fa&prompt=login&login_hint=ada%40example.com&max_age=0&acr_values=urn:x+urn:y&ui_locales=de+en&idp=0oa1';
  expect(parse(query)).toEqual({
    returnTo: '/a',
    maxAge: 0,
    acrValues: 'urn:x urn:y',
    byIssuer: false,
    passedOn: {
      prompt: 'login',
      login_hint: 'ada@example.com',
      max_age: '0',
      acr_values: 'urn:x urn:y',
      ui_locales: 'de en',
      idp: '0oa1',
    },
  });
});

test.each([
  ['login_hint', 320],
  ['acr_values', 500],
  ['ui_locales', 200],
  ['idp', 200],
])(
  '%s has at most %i characters, so that the address stays short enough for every server',
  (name, most) => {
    const given = (length: number) => parse(`${name}=${'x'.repeat(length)}`);
    expect(given(most).passedOn[name]).toHaveLength(most);
    expect(codeOf(() => given(most + 1))).toBe('bad_request');
  },
);

describe('nothing else is passed on', () => {
  test.each([
    'client_id=other',
    'redirect_uri=https://evil.example',
    'scope=okta.users.manage',
    'response_mode=fragment',
    'state=x',
    'request_uri=x',
    'nonce=x',
    'iss=https://acme.okta.example',
    'target_link_uri=/',
    '__proto__=x',
    'constructor=x',
    'prompt=login&prompt=none',
    'return_to=/&return_to=/',
    'prompt=everything',
    'prompt=',
    'max_age=-1',
    'max_age=1e3',
    'max_age=01',
    'acr_values=a++b',
    'acr_values=%00',
    'acr_values=+a',
    'ui_locales=de%26scope',
    'ui_locales=+de',
    'ui_locales=de+',
    'idp=a%26b',
    'login_hint=a%0d%0ab',
    `login_hint=${'x'.repeat(8192)}`,
    `acr_values=${'x'.repeat(8192)}`,
  ])('%s is a bad request', (query) => {
    expect(codeOf(() => parse(query))).toBe('bad_request');
  });

  test.each(['return_to=//evil.example', `return_to=/${'x'.repeat(8192)}`, 'return_to='])(
    '%s is a bad return_to',
    (query) => {
      expect(codeOf(() => parse(query))).toBe('bad_return_to');
    },
  );

  test('any query ends in known names or in one of the two refusals', async () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('return_to', 'prompt', 'max_age', 'acr_values'),
    );
    await holds(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (pairs) => {
        const query = new URLSearchParams(pairs);
        const code = codeOf(() => {
          const { passedOn } = parseLogin(query, policy);
          for (const key of Object.keys(passedOn)) expect(passedOn[key]).toBe(query.get(key));
        });
        expect([undefined, 'bad_request', 'bad_return_to']).toContain(code);
      }),
    );
  });
});

describe('a sign-in that a dashboard tile starts', () => {
  const tile = { thirdPartyLogin: true };
  test('names the issuer and may name a page of ours by its whole URL', () => {
    const query = `iss=${policy.issuer}&target_link_uri=${encodeURIComponent('https://app.example/a?b')}`;
    expect(parse(query, tile)).toMatchObject({ returnTo: '/a?b', byIssuer: true });
  });

  test.each([
    ['iss=https://evil.example', 'bad_request'],
    [`iss=${policy.issuer}/`, 'bad_request'],
    ['target_link_uri=https://evil.example/', 'bad_return_to'],
    ['target_link_uri=/a&return_to=/b', 'bad_request'],
  ])('%s is refused', (query, code) => {
    expect(codeOf(() => parse(query, tile))).toBe(code);
  });
});
