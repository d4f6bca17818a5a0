import { describe, expect, test } from 'vitest';
import { readDeployment } from '#infra/aws/app/deployment.ts';
import { parseApiAuthorizer } from '#shared/config/api-authorizer.ts';
import type { ApiAuthorizerInput } from '#shared/config/api-authorizer-input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import { parseRequest } from '#shared/operator-request.ts';

const passes = (parse: () => unknown): boolean => {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
};

const config = (more: object) =>
  passes(() =>
    parseConfig(
      {
        issuer: 'https://acme.okta.example',
        clientId: '0oa1',
        publicOrigin: 'https://app.example',
        ...more,
      },
      'deployed',
    ),
  );
const route = (more: object) =>
  config({ routes: [{ path: '/bff/api/a/*', upstream: 'https://api.example/a', ...more }] });
const deployment = (more: object) => 'deployment' in readDeployment(more);
const authorizer = (more: object) =>
  passes(() =>
    parseApiAuthorizer({
      issuer: 'https://acme.okta.example',
      audience: 'api',
      scopes: ['orders'],
      nonces: 'none',
      replay: 'none',
      bearer: 'deny',
      ...more,
    } as ApiAuthorizerInput),
  );
const operator = (event: object) => !('faults' in parseRequest(event));
const proof = (more: object) =>
  operator({ action: 'proof', method: 'GET', url: 'https://api.example/', ...more });

type Row = [field: string, good: string, accepts: (value: string) => boolean];

describe('a line break before or after a value is no part of it, and an empty value is none', () => {
  test.each<Row>([
    ['clientId', '0oa1', (clientId) => config({ clientId })],
    ['a scope', 'orders.read', (scope) => config({ scopes: ['openid', scope] })],
    ['dpop.replicaRegions', 'eu-west-1', (r) => config({ dpop: { replicaRegions: [r] } })],
    ['pages.name', 'Acme', (name) => config({ pages: { name } })],
    ['pages.color', '#2f5bd7', (color) => config({ pages: { color } })],
    ['the path of a route', '/bff/api/b/*', (path) => route({ path })],
    ['a header of a route', 'x-mine', (name) => route({ requestHeaders: [name] })],
    ['deployment.name', 'shop', (name) => deployment({ name })],
    ['deployment.account', '111122223333', (account) => deployment({ account })],
    ['deployment.region', 'eu-west-1', (region) => deployment({ region })],
    ['the name of a tag', 'team', (name) => deployment({ tags: { [name]: 'a' } })],
    ['the audience of an API', 'https://api.example', (audience) => authorizer({ audience })],
    ['a route of an API', 'GET /orders/{id}', (key) => authorizer({ scopes: { [key]: [] } })],
    ['the reason of an operator', 'left', (reason) => operator({ action: 'list', reason })],
    ['the driver of a rotation', 'd-1', (driver) => operator({ action: 'rotate', driver })],
    ['a session', 'AbCd-123', (session) => operator({ action: 'revoke', whose: { session } })],
    ['the method of a proof', 'GET', (method) => proof({ method })],
    ['the hash of a token', 'A'.repeat(43), (ath) => proof({ ath })],
    ['a nonce', 'n-1', (nonce) => proof({ nonce })],
  ])('%s', (_field, good, accepts) => {
    expect(accepts(good)).toBe(true);
    const wrong = ['', `\n${good}`, `${good}\n`];
    expect(wrong.filter((value) => accepts(value))).toEqual([]);
  });

  test('the value of a tag, which may be empty', () => {
    const accepts = (value: string) => deployment({ tags: { team: value } });
    expect(['', 'a+b=c@d'].filter((value) => !accepts(value))).toEqual([]);
    expect(['\na', 'a\n', 'a*b'].filter((value) => accepts(value))).toEqual([]);
  });
});
