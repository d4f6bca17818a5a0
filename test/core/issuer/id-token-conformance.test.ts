// The ID tokens that the OpenID Foundation's conformance suite for relying parties tries (its plans "Basic" and
// "Config"), as a table of our own: each is sound but for one thing, and nobody is signed in by it.
import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { beginSignIn } from '#core/sign-in/begin.ts';
import { finishSignIn } from '#core/sign-in/callback.ts';
import { parseLogin } from '#core/sign-in/parameters.ts';
import { type Ground, startGround } from '#test/support/ground.ts';
import {
  type RecordingServer,
  type Seen,
  startRecordingServer,
} from '#test/support/recording-server.ts';

let ground: Ground;
let server: RecordingServer;
let stranger: Awaited<ReturnType<typeof generateKeyPair>>;
beforeAll(async () => {
  ground = await startGround();
  server = await startRecordingServer();
  stranger = await generateKeyPair('ES256');
});
afterAll(async () => {
  await server?.close();
  await ground?.close();
});
beforeEach(() => server.reset());

/** What signs the claims, under a header. */
type Sign = (claims: JWTPayload, seen: Seen) => Promise<string> | string;

/** Signs in with an ID token like this, and returns what came of it. */
async function signInWith(change: (claims: JWTPayload, seen: Seen) => JWTPayload, sign: Sign) {
  server.change('token', async ({ body }, seen) => {
    const usual = body as { id_token: string; access_token: string };
    const claims = JSON.parse(
      Buffer.from(usual.id_token.split('.')[1] ?? '', 'base64url').toString(),
    );
    const made = { ...claims, at_hash: leftHalf(usual.access_token) };
    return { body: { ...usual, id_token: await sign(change(made, seen), seen) } };
  });
  const broker = ground.environment({}, { issuer: server.issuer, clientId: 'the-client' });
  const login = parseLogin(new URLSearchParams(), broker.config);
  const begun = await beginSignIn(ground.request(broker), login, undefined);
  const there = await fetch(begun.location, { redirect: 'manual' });
  const { searchParams } = new URL(there.headers.get('location') ?? '');
  const outcome = await finishSignIn(
    ground.request(broker),
    searchParams,
    () => begun.loginCookie.value,
  );
  return { kind: outcome.kind, revoked: server.to('revoke').length };
}

const leftHalf = (text: string, alg = 'sha256') => {
  const digest = createHash(alg).update(text).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
};

const usual: Sign = (claims) => server.sign(claims);
const same = (claims: JWTPayload) => claims;
const without = (name: string) => (claims: JWTPayload) => ({ ...claims, [name]: undefined });
const as = (more: JWTPayload) => (claims: JWTPayload) => ({ ...claims, ...more });
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const accepted = { kind: 'signed_in', revoked: 0 };
/** Both tokens that came along are given back. */
const refused = { kind: 'failed', revoked: 2 };

describe('an ID token signs somebody in', () => {
  test.each<[string, (claims: JWTPayload, seen: Seen) => JWTPayload]>([
    ['when all is sound', same],
    ['with an array of audiences that names us alone', as({ aud: ['the-client'] })],
    ['with azp that names us', as({ azp: 'the-client' })],
    ['without at_hash, which is optional', without('at_hash')],
    [
      'with the c_hash of the code',
      (claims, { form }) => ({
        ...claims,
        c_hash: leftHalf(form.get('code') ?? ''),
      }),
    ],
    ['with claims that nobody knows', as({ unknown: { deep: [1, null] } })],
  ])('%s', async (_name, change) => {
    expect(await signInWith(change, usual)).toEqual(accepted);
  });

  test('without a key id, when the server publishes one key', async () => {
    const sign: Sign = (claims) => server.sign(claims, { kid: undefined });
    expect(await signInWith(same, sign)).toEqual(accepted);
  });
});

describe('an ID token signs nobody in', () => {
  test.each<[string, (claims: JWTPayload, seen: Seen) => JWTPayload]>([
    ['when iss is missing', without('iss')],
    ['when iss is another issuer', as({ iss: 'https://evil.example' })],
    ['when iss differs by a slash', (claims) => ({ ...claims, iss: `${claims.iss}/` })],
    ['when sub is missing', without('sub')],
    ['when sub is empty', as({ sub: '' })],
    ['when sub is a number', as({ sub: 7 as never })],
    ['when aud is missing', without('aud')],
    ['when aud is another client', as({ aud: 'another-client' })],
    ['when aud is an empty array', as({ aud: [] })],
    ['when aud names another client beside us', as({ aud: ['the-client', 'another-client'] })],
    ['when azp is another client', as({ azp: 'another-client' })],
    ['when exp is missing', without('exp')],
    ['when exp is past', as({ exp: now() - 60 })],
    ['when exp is a text', as({ exp: 'tomorrow' as never })],
    ['when iat is missing', without('iat')],
    ['when iat is in the future', as({ iat: now() + 3600 })],
    ['when iat is long past', as({ iat: now() - 3600 })],
    ['when nbf is in the future', as({ nbf: now() + 3600 })],
    ['when nonce is missing', without('nonce')],
    ['when nonce is another', as({ nonce: 'of-another-sign-in' })],
    ['when at_hash is wrong', as({ at_hash: leftHalf('another token') })],
    [
      'when at_hash is made with another algorithm',
      (claims, seen) => ({
        ...claims,
        at_hash: leftHalf(seen.form.get('code') ?? '', 'sha512'),
      }),
    ],
    ['when c_hash is wrong', as({ c_hash: leftHalf('another code') })],
    ['when auth_time is in the future', as({ auth_time: now() + 3600 })],
  ])('%s', async (_name, change) => {
    expect(await signInWith(change, usual)).toEqual(refused);
  });

  const header = () => ({ alg: 'ES256', kid: server.jwk.kid });
  const unsigned = (claims: object, more: object) =>
    `${encode({ ...header(), ...more })}.${encode(claims)}.`;

  test.each<[string, Sign]>([
    ['when its algorithm is none', (claims) => unsigned(claims, { alg: 'none' })],
    ['when its algorithm is NONE', (claims) => unsigned(claims, { alg: 'NONE' })],
    ['when its signature is missing', (claims) => unsigned(claims, {})],
    [
      'when its signature is of other claims',
      async (claims) => {
        const [head, , signature] = (await server.sign({ ...claims, sub: 'x' })).split('.');
        return [head, encode(claims), signature].join('.');
      },
    ],
    [
      'when a key that nobody publishes signed it, under the id of one that is published',
      (claims) => new SignJWT(claims).setProtectedHeader(header()).sign(stranger.privateKey),
    ],
    [
      'when a key that nobody publishes signed it, under an id that nobody knows',
      (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ ...header(), kid: 'nobody' })
          .sign(stranger.privateKey),
    ],
    [
      'when it brings its key along',
      async (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ ...header(), jwk: await exportJWK(stranger.publicKey) })
          .sign(stranger.privateKey),
    ],
    [
      'when it is a MAC by the published key',
      (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ ...header(), alg: 'HS256' })
          .sign(new TextEncoder().encode(JSON.stringify(server.jwk))),
    ],
    [
      'when it is signed as the server does not announce',
      async (claims) => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(claims)
          .setProtectedHeader({ alg: 'RS256', kid: server.jwk.kid })
          .sign(privateKey);
      },
    ],
    ['when it is no JWT', () => 'not.a-token'],
  ])('%s', async (_name, sign) => {
    expect(await signInWith(same, sign)).toEqual(refused);
  });

  test('without a key id, when the server publishes several keys of its kind', async () => {
    const other = { ...(await exportJWK(stranger.publicKey)), kid: 'other', alg: 'ES256' };
    server.change('keys', ({ body }) => ({
      body: { keys: [other, ...(body as { keys: object[] }).keys] },
    }));
    const sign: Sign = (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(stranger.privateKey);
    expect((await signInWith(same, sign)).kind).toBe('failed');
  });
});
