import fc from 'fast-check';
import { expect, test } from 'vitest';
import { challengesOf } from '#core/dpop/challenge.ts';
import { holds } from '#test/support/holds.ts';

const errorsIn = (line: string) =>
  challengesOf([line]).map(({ parameters }) => parameters.get('error'));

const plain = (...lines: string[]) =>
  challengesOf(lines).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test('one header may name several schemes', () => {
  expect(plain('Bearer, DPoP algs="ES256 PS256"')).toEqual([
    ['bearer', {}],
    ['dpop', { algs: 'ES256 PS256' }],
  ]);
  expect(
    plain('Bearer error="invalid_token", realm="a", DPoP error="use_dpop_nonce", algs="ES256"'),
  ).toEqual([
    ['bearer', { error: 'invalid_token', realm: 'a' }],
    ['dpop', { error: 'use_dpop_nonce', algs: 'ES256' }],
  ]);
});

test('several headers are several challenges', () => {
  expect(plain('Basic realm="x"', 'DPoP error=use_dpop_nonce')).toEqual([
    ['basic', { realm: 'x' }],
    ['dpop', { error: 'use_dpop_nonce' }],
  ]);
});

test('quoted commas, apostrophes and escapes belong to the value', () => {
  expect(
    plain(`DPoP error="invalid_dpop_proof", error_description="'htu' claim, \\"x\\", bad."`),
  ).toEqual([
    ['dpop', { error: 'invalid_dpop_proof', error_description: `'htu' claim, "x", bad.` }],
  ]);
});

test('unknown parameters are read and do no harm', () => {
  expect(plain('DPoP x-new="1", error="use_dpop_nonce", y=2')).toEqual([
    ['dpop', { 'x-new': '1', error: 'use_dpop_nonce', y: '2' }],
  ]);
});

test('a token68 belongs to its scheme', () => {
  expect(plain('Negotiate abc+/==, DPoP error="use_dpop_nonce"')).toEqual([
    ['negotiate', {}],
    ['dpop', { error: 'use_dpop_nonce' }],
  ]);
});

test('Okta’s challenges are read, whatever their scheme', () => {
  const missing =
    'Bearer authorization_uri="http://ORG/oauth2/v1/authorize", realm="http://ORG", scope="okta.users.read.self", error="invalid_request", error_description="The resource request requires a DPoP proof.", resource="/api/v1/users"';
  const wrong =
    'DPoP algs="RS256 RS384 RS512 ES256 ES384 ES512", authorization_uri="http://ORG/a", realm="http://ORG", scope="okta.apps.read", error="invalid_dpop_proof", error_description="\'htu\' claim in the DPoP proof JWT is invalid."';
  expect(errorsIn(missing)).toEqual(['invalid_request']);
  expect(errorsIn(wrong)).toEqual(['invalid_dpop_proof']);
});

test.each([
  'Bearer realm="IdpMyAccountAPI", error="insufficient_authentication_context", max_age=900, acr_values="urn:okta:loa:2fa:any:ifpossible"',
  'Bearer realm=IdpMyAccountAPI,error=insufficient_authentication_context,max_age=900,acr_values=urn:okta:loa:2fa:any:ifpossible',
])('quotes are optional: %s', (line) => {
  const [challenge] = challengesOf([line]);
  expect(Object.fromEntries(challenge?.parameters ?? [])).toEqual({
    realm: 'IdpMyAccountAPI',
    error: 'insufficient_authentication_context',
    max_age: '900',
    acr_values: 'urn:okta:loa:2fa:any:ifpossible',
  });
});

test('names are compared without case, and the first of two values counts', () => {
  expect(plain('dPoP ERROR="a", Error="b"')).toEqual([['dpop', { error: 'a' }]]);
});

test.each([
  '',
  ',',
  '"',
  '=',
  '= =',
  'DPoP error="never ends',
  '\u0000',
  '<html>',
  ', , DPoP',
  'a=b',
])('rubbish causes no crash: %j', (line) => {
  expect(() => challengesOf([line])).not.toThrow();
});

test('reading any header ends, and finds nothing but strings', async () => {
  await holds(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (lines) => {
      for (const { scheme, parameters } of challengesOf(lines)) {
        expect(scheme).toBe(scheme.toLowerCase());
        for (const value of parameters.values()) expect(typeof value).toBe('string');
      }
    }),
  );
});

test('what is written as RFC 9110 says is read back', async () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  const parameters = fc.uniqueArray(fc.tuple(token, fc.string({ unit: 'grapheme-ascii' })), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 4,
  });
  await holds(
    fc.property(fc.array(fc.tuple(token, parameters), { minLength: 1, maxLength: 3 }), (all) => {
      const line = all
        .map(([scheme, some]) => {
          const written = some.map(
            ([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`,
          );
          return `${scheme} ${written.join(', ')}`;
        })
        .join(', ');
      expect(plain(line)).toEqual(all.map(([scheme, some]) => [scheme, Object.fromEntries(some)]));
    }),
  );
});
