import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { timeNonces } from '#core/resource-server/request-verifier.ts';
import type { AuthorizerEvent } from '#http/authorizer-event.ts';
import { parseApiAuthorizer } from '#shared/config/api-authorizer.ts';
import type { ApiAuthorizerInput } from '#shared/config/api-authorizer-input.ts';
import type { ApiAuthorizer } from '#shared/runtime/api-authorizer.ts';
import {
  apiHost,
  type Called,
  httpApiEvent,
  restApiEvent,
} from '#test/support/authorizer-events.ts';
import {
  audience,
  type Changes,
  type Client,
  clientWith,
  issuer,
  type OwnApi,
  ownApi,
} from '#test/support/own-api.ts';
import { authorize } from '../../functions/api-authorizer.ts';

let client: Client;
beforeAll(async () => {
  client = await clientWith('ES256');
});

/** An API with its authorizer: what was decided about it, and what the function logged. */
async function guarded(decided: Partial<ApiAuthorizerInput> = {}) {
  const config = parseApiAuthorizer({
    issuer,
    audience,
    scopes: ['orders.read'],
    nonces: 'none',
    replay: 'table',
    bearer: 'deny',
    ...decided,
  });
  const secret = Buffer.alloc(32, 7);
  const mac = async (data: Uint8Array) => createHmac('sha256', secret).update(data).digest();
  const clock = { now: () => api.clock.now() };
  const nonces = config.nonces === 'none' ? undefined : timeNonces({ clock, macs: [mac] });
  const api: OwnApi = await ownApi(
    {
      bearer: config.bearer,
      ...(config.publicUrl === undefined
        ? { publicUrl: undefined, trustHost: true }
        : { publicUrl: config.publicUrl }),
    },
    { nonces: config.nonces === 'gateway' ? nonces : undefined },
  );
  const events: { name: string; fields: object }[] = [];
  const env: ApiAuthorizer = { config, verify: api.verify, nonces, clock };
  const log = (name: string, fields: object = {}) => void events.push({ name, fields });
  const ask = (event: AuthorizerEvent) => authorize({ env, log }, event);
  const called = async (url: string, claims: Changes = {}, token?: string): Promise<Called> => {
    const used = token ?? (await api.token(client));
    const { authorization, dpop } = await api.request(client, used, { htu: url, ...claims });
    return {
      headers: [
        ['Authorization', authorization[0] ?? ''],
        ['DPoP', dpop[0] ?? ''],
      ],
    };
  };
  return { api, events, called, ask, nonces };
}

const url = `https://${apiHost}/orders`;
const restUrl = `https://${apiHost}/live/orders`;
const policyOf = (answer: unknown) =>
  (answer as { policyDocument: { Statement: { Effect: string; Resource: string }[] } })
    .policyDocument.Statement[0];

describe('an HTTP API', () => {
  test('lets a call with its proof in, and learns who calls, but not the token', async () => {
    const { api, called, ask, events } = await guarded();
    const token = await api.token(client);
    const answer = await ask(httpApiEvent(await called(url, {}, token)));
    expect(answer).toEqual({
      isAuthorized: true,
      context: {
        verdict: 'proved',
        sub: 'ada@example.com',
        client_id: '0oa1',
        scope: 'orders.read',
        jkt: client.jkt,
      },
    });
    expect(JSON.stringify(answer)).not.toContain(token.split('.')[2]);
    expect(events).toEqual([{ name: 'api.accepted', fields: {} }]);
  });

  test('gets a policy for this one request with answers: iam', async () => {
    const { called, ask } = await guarded({ answers: 'iam' });
    const answer = await ask(httpApiEvent(await called(url)));
    expect(answer).toMatchObject({
      principalId: 'ada@example.com',
      context: { verdict: 'proved' },
    });
    expect(policyOf(answer)).toEqual({
      Action: 'execute-api:Invoke',
      Effect: 'Allow',
      Resource: 'arn:aws:execute-api:eu-west-1:111122223333:api1/$default/GET/orders',
    });
  });

  test('two DPoP headers, which it joins with a comma, are refused', async () => {
    const { called, ask } = await guarded();
    const [first, second] = [await called(url), await called(url)];
    const headers = [...first.headers, ...second.headers.filter(([name]) => name === 'DPoP')];
    expect(await ask(httpApiEvent({ headers }))).toMatchObject({
      isAuthorized: false,
      context: { error: 'invalid_dpop_proof' },
    });
  });

  test('an encoded path is the one that the proof names, although it arrives decoded', async () => {
    const { called, ask } = await guarded({ scopes: { '*': [] } });
    const path = '/orders/caf%C3%A9%20au%20lait';
    const call = await called(`https://${apiHost}${path}`);
    expect(await ask(httpApiEvent({ ...call, path }))).toMatchObject({ isAuthorized: true });
  });
});

describe('a REST API', () => {
  test('gets a policy for this one request', async () => {
    const { called, ask } = await guarded();
    const answer = await ask(restApiEvent(await called(restUrl)));
    expect(policyOf(answer)).toEqual({
      Action: 'execute-api:Invoke',
      Effect: 'Allow',
      Resource: 'arn:aws:execute-api:eu-west-1:111122223333:api1/live/GET/orders',
    });
  });

  test('two DPoP headers are refused, although `headers` shows only the last', async () => {
    const { called, ask } = await guarded();
    const [first, second] = [await called(restUrl), await called(restUrl)];
    const headers = [...first.headers, ...second.headers.filter(([name]) => name === 'DPoP')];
    const answer = await ask(restApiEvent({ headers }));
    expect(policyOf(answer)).toMatchObject({ Effect: 'Deny' });
    expect(answer).toMatchObject({ context: { error: 'invalid_dpop_proof' } });
  });

  test('a refusal brings the challenge and the nonce for the gateway response', async () => {
    const { called, ask, nonces, events } = await guarded({ nonces: 'gateway' });
    const answer = await ask(restApiEvent(await called(restUrl)));
    expect(policyOf(answer)).toMatchObject({ Effect: 'Deny' });
    const nonce = await nonces?.newest();
    expect(answer.context).toEqual({
      verdict: 'refused',
      error: 'use_dpop_nonce',
      error_description: expect.stringContaining('nonce'),
      challenge: expect.stringMatching(/^DPoP error="use_dpop_nonce", /),
      nonce,
    });
    expect(events).toEqual([{ name: 'api.nonce_challenged', fields: { reason: 'nonce_missing' } }]);
    const again = await ask(restApiEvent(await called(restUrl, { nonce })));
    expect(policyOf(again)).toMatchObject({ Effect: 'Allow' });
  });

  test('an old nonce is accepted, and the integration learns the newest one', async () => {
    const { called, ask, nonces, api } = await guarded({ nonces: 'gateway' });
    const old = await nonces?.newest();
    api.clock.at += 300_000;
    const answer = await ask(restApiEvent(await called(restUrl, { nonce: old })));
    expect(answer.context).toMatchObject({ verdict: 'proved', nonce: await nonces?.newest() });
    expect(answer.context).not.toMatchObject({ nonce: old });
    api.clock.at += 600_000;
    const late = await ask(restApiEvent(await called(restUrl, { nonce: old })));
    expect(late.context).toMatchObject({ error: 'use_dpop_nonce' });
  });
});

describe('nonces that the integration answers', () => {
  const decided = { nonces: 'integration' } as const;

  test('a call that lacks nothing but the nonce comes through as a challenge that names nobody', async () => {
    const { called, ask, nonces, events } = await guarded(decided);
    const answer = await ask(httpApiEvent(await called(url)));
    expect(answer).toEqual({
      isAuthorized: true,
      context: {
        verdict: 'challenge',
        error: 'use_dpop_nonce',
        challenge: expect.stringMatching(/^DPoP error="use_dpop_nonce"/),
        nonce: await nonces?.newest(),
      },
    });
    expect(events).toEqual([{ name: 'api.nonce_challenged', fields: { reason: 'nonce_missing' } }]);
  });

  test('its proof is used up, so that an API that ignores the challenge serves no proof twice', async () => {
    const { called, ask } = await guarded(decided);
    const call = await called(url);
    await ask(httpApiEvent(call));
    expect(await ask(httpApiEvent(call))).toMatchObject({
      isAuthorized: false,
      context: { verdict: 'refused' },
    });
  });

  test('a call with anything else wrong does not come through, nonce or not', async () => {
    const { called, ask, api, nonces } = await guarded(decided);
    const nonce = await nonces?.newest();
    const thief = await clientWith('ES256');
    const token = await api.token(client);
    const forged = await api.request(thief, token, { htu: url, nonce });
    const wrong: Called[] = [
      await called(url, { nonce, htm: 'POST' }),
      await called(`${url}/1`),
      await called(url, { ath: undefined }),
      await called(url, {}, await api.token(client, { scp: ['other'] })),
      await called(url, {}, await api.token(client, { aud: 'api://other' })),
      {
        headers: [
          ['Authorization', `DPoP ${token}`],
          ['DPoP', forged.dpop[0] ?? ''],
        ],
      },
      { headers: [['Authorization', `Bearer ${token}`]] },
      { headers: [['DPoP', forged.dpop[0] ?? '']] },
    ];
    for (const call of wrong) {
      expect(await ask(httpApiEvent(call))).toMatchObject({ isAuthorized: false });
    }
  });

  test('a call with the nonce is let in', async () => {
    const { called, ask, nonces } = await guarded(decided);
    const call = await called(url, { nonce: await nonces?.newest() });
    expect(await ask(httpApiEvent(call))).toMatchObject({
      isAuthorized: true,
      context: { verdict: 'proved', sub: 'ada@example.com' },
    });
  });
});

describe('what a thief tries is counted by kind', () => {
  test('a replay, a proof of another key, a token without its proof', async () => {
    const { called, ask, api, events } = await guarded();
    const token = await api.token(client);
    const call = await called(url, {}, token);
    await ask(httpApiEvent(call));
    const thief = await clientWith('ES256');
    const forged = await api.request(thief, token, { htu: url });
    await ask(httpApiEvent(call));
    await ask(
      httpApiEvent({
        headers: [
          ['Authorization', `DPoP ${token}`],
          ['DPoP', forged.dpop[0] ?? ''],
        ],
      }),
    );
    await ask(httpApiEvent({ headers: [['Authorization', `Bearer ${token}`]] }));
    expect(events.slice(1)).toEqual([
      { name: 'api.replayed', fields: { reason: 'proof_used' } },
      { name: 'api.stolen', fields: { reason: 'proof_key_not_bound' } },
      { name: 'api.stolen', fields: { reason: 'bearer_with_bound_token' } },
    ]);
  });

  test('during a migration, a Bearer token that is bound to no key is let in, and counted', async () => {
    const { ask, api, events } = await guarded({ bearer: 'allow' });
    const token = await api.token(undefined);
    expect(
      await ask(httpApiEvent({ headers: [['Authorization', `Bearer ${token}`]] })),
    ).toMatchObject({ isAuthorized: true, context: { verdict: 'bearer' } });
    expect(events).toEqual([{ name: 'api.bearer_accepted', fields: {} }]);
  });
});

describe('scopes by route', () => {
  const scopes = { 'GET /orders': ['orders.read'], 'DELETE /orders/{id}': ['orders.write'] };

  test('each route needs its own', async () => {
    const { called, ask } = await guarded({ scopes });
    expect(await ask(httpApiEvent(await called(url)))).toMatchObject({ isAuthorized: true });
    const call = await called(`${url}/1`, { htm: 'DELETE' });
    const deletion = {
      ...call,
      method: 'DELETE',
      path: '/orders/1',
      route: 'DELETE /orders/{id}',
    };
    expect(await ask(httpApiEvent(deletion))).toMatchObject({
      isAuthorized: false,
      context: { error: 'insufficient_scope', challenge: expect.stringContaining('orders.write') },
    });
  });

  test('a route that nobody named is closed', async () => {
    const { called, ask } = await guarded({ scopes });
    const call = { ...(await called(`${url}/all`)), path: '/orders/all', route: 'GET /orders/all' };
    expect(await ask(httpApiEvent(call))).toMatchObject({ isAuthorized: false });
    expect(await ask(httpApiEvent({ ...call, route: 'constructor' }))).toMatchObject({
      isAuthorized: false,
    });
  });
});

test('behind a distribution, the proof names its origin, and the stage is no part of the path', async () => {
  const { called, ask } = await guarded({ publicUrl: 'https://api.acme.com' });
  const call = await called('https://api.acme.com/orders');
  expect(policyOf(await ask(restApiEvent(call)))).toMatchObject({ Effect: 'Allow' });
  const staged = await called('https://api.acme.com/orders');
  expect(await ask(httpApiEvent({ ...staged, path: '/live/orders', stage: 'live' }))).toMatchObject(
    { isAuthorized: true },
  );
  const direct = await called(restUrl);
  expect(policyOf(await ask(restApiEvent(direct)))).toMatchObject({ Effect: 'Deny' });
});

test('without a verdict there is no answer: API Gateway refuses the call with a 5xx', async () => {
  const { called, ask, api, events } = await guarded();
  for (const url of Object.keys(api.answers)) {
    api.answers[url] = () => new Response('', { status: 500 });
  }
  await expect(ask(httpApiEvent(await called(url)))).rejects.toThrow('keys_unavailable');
  expect(events).toEqual([{ name: 'api.not_judged', fields: { reason: 'keys_unavailable' } }]);
});

test('every fault of a configuration is named at once', () => {
  const wrong = {
    issuer: 'http://acme.okta.com',
    audience: [],
    scopes: { orders: ['a'] },
    nonces: 'yes',
    replay: 'table',
    bearer: 'deny',
  } as unknown as ApiAuthorizerInput;
  expect(() => parseApiAuthorizer(wrong)).toThrow(/issuer: must be https[\s\S]*nonces: must be/);
});
