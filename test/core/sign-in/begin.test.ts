// What leaves for the authorization server at a sign-in: the front channel, PAR and client authentication.
import { DisableKeyCommand } from '@aws-sdk/client-kms';
import { decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { pinnedSigner } from '#core/dpop/signing.ts';
import { addClientCredentials } from '#core/issuer/client-auth.ts';
import { beginSignIn } from '#core/sign-in/begin.ts';
import { parseLogin } from '#core/sign-in/parameters.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { type Ground, signedIn, startGround } from '#test/support/ground.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());
afterEach(() => ground.okta.faults.clear());

const begin = (broker: Broker, query = '') =>
  beginSignIn(
    ground.request(broker),
    parseLogin(new URLSearchParams(query), broker.config),
    undefined,
  );
const parametersOf = ({ location }: { location: string }) =>
  Object.fromEntries(new URL(location).searchParams);
const withPar = (par: NonNullable<ConfigInput['par']>) => ground.environment({}, { par });

describe('the authorization request', () => {
  test('asks for a code, with S256, state, nonce and dpop_jkt', async () => {
    const broker = withPar('never');
    const query = 'prompt=login&acr_values=urn:okta:loa:2fa:any&max_age=0&login_hint=ada';
    const parameters = parametersOf(await begin(broker, query));
    const key = await broker.signer.key(ground.keys.dpop);
    expect(parameters).toEqual({
      client_id: 'bff',
      response_type: 'code',
      redirect_uri: 'http://localhost:9/bff/callback',
      scope: 'openid profile email offline_access okta.users.read.self',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      dpop_jkt: key.jkt,
      prompt: 'login',
      acr_values: 'urn:okta:loa:2fa:any',
      max_age: '0',
      login_hint: 'ada',
    });
  });

  test('shares nothing with a thousand others but the client', async () => {
    const stored = { begin: async () => {}, consume: async () => undefined };
    const broker = { ...withPar('never'), transactions: stored };
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const { location, loginCookie } = await begin(broker);
      const { state = '', nonce = '', code_challenge: challenge = '' } = parametersOf({ location });
      for (const value of [state, nonce, challenge, loginCookie.value]) seen.add(value);
      expect(nonce.length).toBeLessThanOrEqual(64);
    }
    expect(seen.size).toBe(4000);
  });
});

describe('a pushed request', () => {
  test('leaves two parameters in the front channel', async () => {
    ground.okta.events.clear();
    expect(parametersOf(await begin(withPar('auto')))).toEqual({
      client_id: 'bff',
      request_uri: expect.stringMatching(/^urn:/),
    });
    const [pushed] = ground.okta.events.list().filter(({ kind }) => kind === 'par');
    expect(pushed).toMatchObject({ status: 200, clientAuth: 'private_key_jwt' });
    // dpop_jkt binds the code already; no signature is spent on a proof.
    expect(pushed?.proof).toBeUndefined();
  });

  test('is accepted with 201 as well as with 200', async () => {
    const other = await startGround({ parStatus: 201 });
    try {
      expect((await signedIn(other)).content.subject).toBeTruthy();
    } finally {
      await other.close();
    }
  });

  test.each(['server_error', 'unavailable', 'invalid_request', 'drop_before'])(
    'that fails (%s) never falls back to the front channel',
    async (value) => {
      ground.okta.faults.set('par', value);
      for (const par of ['auto', 'require'] as const) {
        await expect(begin(withPar(par))).rejects.toMatchObject({ code: 'login_failed' });
      }
    },
  );

  test('that is challenged for a nonce costs one more request, with a proof and a new assertion', async () => {
    const sent: Request[] = [];
    const challenge = JSON.stringify({ error: 'use_dpop_nonce' });
    const demanding = ground.environment({
      async fetch(request) {
        if (!request.url.endsWith('/par')) return fetch(request);
        sent.push(request.clone());
        return sent.length === 1
          ? new Response(challenge, { status: 400, headers: { 'dpop-nonce': 'the-nonce' } })
          : Response.json({ request_uri: 'urn:pushed', expires_in: 60 }, { status: 201 });
      },
    });
    expect(parametersOf(await begin(demanding))).toHaveProperty('request_uri', 'urn:pushed');
    expect(sent.map(({ headers }) => headers.has('dpop'))).toEqual([false, true]);
    const proof = sent[1]?.headers.get('dpop') ?? '';
    const { payload } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' });
    expect(payload).toMatchObject({ htm: 'POST', htu: sent[1]?.url, nonce: 'the-nonce' });
    const forms = await Promise.all(sent.map(async (one) => new URLSearchParams(await one.text())));
    expect(new Set(forms.map((form) => form.get('client_assertion'))).size).toBe(2);
  });

  test('without an endpoint: auto uses the front channel, require refuses', async () => {
    ground.okta.faults.set('metadata', 'no_par');
    expect(parametersOf(await begin(withPar('auto')))).toHaveProperty('code_challenge');
    await expect(begin(withPar('require'))).rejects.toMatchObject({ code: 'login_failed' });
  });
});

describe('a sign-in that cannot begin says why in the log, and only in our words', () => {
  const failure = (broker: Broker) =>
    begin(broker).then(
      () => 'it began',
      (fault: Error) => fault.message,
    );

  test.each([
    ['unavailable', 'metadata is not available: status 503'],
    ['not_json', 'metadata is not available: it is not a JSON object'],
    ['wrong_issuer', 'metadata is unusable: issuer is not the configured issuer'],
    ['foreign_endpoint', "metadata is unusable: token_endpoint is not on the issuer's host"],
  ])('the metadata: %s', async (value, reason) => {
    ground.okta.faults.set('metadata', value);
    expect(await failure(ground.environment())).toBe(reason);
  });

  test('metadata at neither of the known addresses', async () => {
    const issuer = `${ground.okta.issuer}/nobody/is/here`;
    expect(await failure(ground.environment({}, { issuer }))).toBe(
      'metadata is not available: status 404',
    );
  });

  test.each([
    [
      { error: 'invalid_client', error_description: 'secret' },
      { status: 401, error: 'invalid_client' },
    ],
    [{ error: 'secret' }, { status: 401 }],
    ['<html>secret', { status: 401 }],
  ])('a refusal of the pushed request: %j', async (body, fields) => {
    ground.logged.length = 0;
    const broker = ground.environment({
      fetch: (request) =>
        request.url.endsWith('/par')
          ? Promise.resolve(new Response(JSON.stringify(body), { status: 401 }))
          : fetch(request),
    });
    expect(await failure(broker)).toMatch(/^the PAR endpoint answered 401/);
    expect(ground.logged.filter(({ name }) => name === 'login.par_refused')).toEqual([
      { name: 'login.par_refused', fields },
    ]);
    expect(JSON.stringify(ground.logged)).not.toContain('secret');
  });
});

describe('the client proves who it is', () => {
  const authenticated = async (own: Partial<ConfigInput>, endpoint: string) => {
    const broker = ground.environment({ clientSecret: async () => 's e:cret/ü' }, own);
    const [form, headers] = [new URLSearchParams(), new Headers()];
    await addClientCredentials(broker, new URL(endpoint), form, headers);
    return { form: Object.fromEntries(form), headers: Object.fromEntries(headers), broker };
  };
  const token = 'https://acme.okta.example/oauth2/v1/token';
  const secret = { clientSecretArn: 'arn:aws:secretsmanager:x' };

  test('by the active assertion key, even if the environment still knows one that was taken out', async () => {
    const [out, next] = await Promise.all([ground.newKey(), ground.newKey()]);
    let active = out;
    const broker = ground.environment(({ keyRing, signer }) => {
      const ring = {
        ...keyRing,
        active: async () => active,
        doubt: () => {
          active = next;
        },
      };
      return { keyRing: ring, signer: pinnedSigner(signer, ring) };
    });
    await broker.signer.key(out);
    await ground.kmsClient.send(new DisableKeyCommand({ KeyId: out }));
    const form = new URLSearchParams();
    await addClientCredentials(broker, new URL('https://as.example/token'), form, new Headers());
    const { kid } = decodeProtectedHeader(form.get('client_assertion') ?? '');
    expect(kid).toBe((await broker.signer.key(next)).jkt);
  });

  test('by an assertion for one endpoint, valid for two minutes', async () => {
    const { form, headers, broker } = await authenticated({}, token);
    const { client_assertion: assertion = '', ...rest } = form;
    expect(rest).toEqual({
      client_id: 'bff',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(headers).toEqual({});
    const claims = decodeJwt(assertion);
    expect(claims).toEqual({
      iss: 'bff',
      sub: 'bff',
      aud: token,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      iat: expect.any(Number),
      exp: (claims.iat ?? 0) + 120,
    });
    const key = await broker.signer.key(ground.keys.assertion);
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'ES256', typ: 'JWT', kid: key.jkt });
    // Not the key of the proofs.
    expect(key.jkt).not.toBe((await broker.signer.key(ground.keys.dpop)).jkt);
  });

  test('by an assertion for the issuer, where FAPI wants it', async () => {
    const { form } = await authenticated({ profile: 'fapi2' }, token);
    expect(decodeJwt(form.client_assertion ?? '').aud).toBe(ground.okta.issuer);
  });

  test('with a new jti each time', async () => {
    const jtis = new Set<unknown>();
    for (let i = 0; i < 20; i++) {
      const { form } = await authenticated({}, token);
      jtis.add(decodeJwt(form.client_assertion ?? '').jti);
    }
    expect(jtis.size).toBe(20);
  });

  test.each<[string, Partial<ConfigInput>, object, object]>([
    [
      'client_secret_basic',
      { clientAuth: 'client_secret_basic', ...secret },
      {},
      { authorization: `Basic ${Buffer.from('bff:s+e%3Acret%2F%C3%BC').toString('base64')}` },
    ],
    [
      'client_secret_post',
      { clientAuth: 'client_secret_post', ...secret },
      { client_id: 'bff', client_secret: 's e:cret/ü' },
      {},
    ],
    ['none', { clientAuth: 'none' }, { client_id: 'bff' }, {}],
  ])('by %s, and by that alone', async (_name, own, form, headers) => {
    expect(await authenticated(own, token)).toMatchObject({ form, headers });
    const sent = await authenticated(own, token);
    expect([sent.form, sent.headers]).toEqual([form, headers]);
  });
});

test('a cold environment meets one nonce challenge, a warm one none', async () => {
  const broker = ground.environment();
  const challenges = () =>
    ground.okta.events.list().filter(({ kind, challenged }) => kind === 'token' && challenged)
      .length;
  ground.okta.events.clear();
  await signedIn(ground, broker);
  expect(challenges()).toBe(1);
  await signedIn(ground, broker);
  expect(challenges()).toBe(1);
});
