import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import { app, authorize, call, tokensOf } from './okta-client.ts';

let okta: Okta;

beforeAll(async () => {
  okta = await startOkta({ port: 0 });
});
afterAll(() => okta.close());

describe('the first slice', () => {
  test('signs Ada in and lists users with a DPoP-bound token', async () => {
    const client = await app(okta);
    const tokens = await tokensOf(client);
    expect(tokens.token_type).toBe('dpop');
    const response = await call(client, tokens.access_token, '/api/v1/users?limit=2');
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveLength(2);
  });

  test('refuses a person who is not assigned to the app', async () => {
    const started = await authorize(await app(okta), { forms: [{ sample: 'eve' }] });
    expect(started.callback.searchParams.get('error')).toBe('access_denied');
  });
});
