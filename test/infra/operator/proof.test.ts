// `operator proof`: a proof by hand, judged by a library that we did not write, and by the stand-in's own API.
import { createHash, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  EmbeddedJWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { runOperator } from '#test/support/operator-command.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ environment: {} });
});
afterAll(() => system?.close());

const operator = (line: string, input?: string) =>
  runOperator(`${line} --reason trying`, {
    local: system.gateway.lambdaUrl,
    ...(input !== undefined && { input }),
  });

const url = 'https://api.acme.com/orders/ada@example.com';

async function judged(proof: string) {
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256'],
    maxTokenAge: 60,
  });
  return { payload, jwk: protectedHeader.jwk ?? {} };
}

const tokenBoundTo = (jkt: string) =>
  new SignJWT({ cnf: { jkt }, jti: randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.alloc(32));

const activeThumbprint = async () => {
  const { out } = await operator(`proof --url ${url}`);
  return calculateJwkThumbprint(decodeProtectedHeader(out.trim()).jwk ?? {});
};

test('proof prints a proof of the active key for the method and the URL', async () => {
  const { code, out } = await operator(`proof --method post --url ${url}?page=2#top`);
  expect(code).toBe(0);
  const { payload } = await judged(out.trim());
  expect(payload).toEqual({
    jti: expect.stringMatching(/^[\w-]{22}$/),
    htm: 'POST',
    htu: url,
    iat: expect.any(Number),
  });
});

test('a token from standard input gives the proof its hash, and the nonce goes in as it was given', async () => {
  const token = await tokenBoundTo(await activeThumbprint());
  const { out } = await operator(`proof --url ${url} --nonce n-1 --token -`, `${token}\n`);
  expect((await judged(out.trim())).payload).toMatchObject({
    ath: createHash('sha256').update(token).digest('base64url'),
    nonce: 'n-1',
  });
});

test('a token that is bound to another key gets no proof', async () => {
  const token = await tokenBoundTo('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
  expect(await operator(`proof --url ${url} --token -`, token)).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('The token is not bound to'),
  });
});

test('the record of a proof says who, why, which method and which host, and holds neither token nor path', async () => {
  const token = await tokenBoundTo(await activeThumbprint());
  await operator(`proof --url ${url} --token ${token}`);
  const lines = system.logs
    .map(({ line }) => line)
    .filter((line) => line.includes('operator.acted'));
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    action: 'proof',
    reason: 'trying',
    outcome: 'done',
    method: 'GET',
    origin: 'https://api.acme.com',
  });
  const everything = system.logs.map(({ line }) => line).join('\n');
  expect(everything).not.toContain(token);
  expect(everything).not.toContain(token.split('.')[2]);
  expect(everything).not.toContain('ada@example.com');
});

test('nobody gets a proof without saying why, and the line to paste does not repeat the token', async () => {
  const ran = await runOperator(`proof --url ${url} --token secret-token --local`);
  expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('proof needs --reason') });
  expect(ran.err).toContain('--token -');
  expect(ran.err).not.toContain('secret-token');
});

test.each([
  ['proof', 'say where the proof goes: --url <url>'],
  ['proof --url orders', '--url must be a complete URL'],
  ["proof --url https://a.example/ --token ''", '--token is empty'],
])('%s is refused: %s', async (line, sentence) => {
  expect(await operator(line)).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
});

test.each([
  ['an http URL of another machine', '--url http://api.acme.com/', 'url: must be an https URL'],
  [
    'a method of two words',
    "--url https://a.example/ --method 'GET X'",
    'method: must be a method',
  ],
  ['a nonce with a quote', `--url https://a.example/ --nonce 'a"b'`, 'nonce: must be a nonce'],
])('the function refuses %s', async (_, flags, sentence) => {
  expect(await operator(`proof ${flags}`)).toMatchObject({
    code: 2,
    err: expect.stringContaining(sentence),
  });
});

test('a key that was disabled, and one that signs client assertions, make no proof', async () => {
  const { out } = await operator('keys list --json');
  const { keys } = JSON.parse(out) as { keys: { name: string; use: string; state: string }[] };
  const assertion = keys.find(({ use }) => use === 'assertion')?.name;
  expect(await operator(`proof --url ${url} --key ${assertion}`)).toMatchObject({
    err: expect.stringContaining('signs client assertions'),
  });
  await operator('keys rotate --use dpop');
  const old = keys.find(({ use }) => use === 'dpop')?.name;
  expect(await operator(`proof --url ${url} --key ${old}`)).toMatchObject({ code: 0 });
  await operator(`keys disable ${old} --now`);
  expect(await operator(`proof --url ${url} --key ${old}`)).toMatchObject({
    code: 1,
    err: expect.stringContaining('is disabled'),
  });
});
