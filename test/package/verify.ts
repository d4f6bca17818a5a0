// `okta-dpop-bff/verify` in an API that has the package, jose and nothing else, under each Node that is here. Tests of
// package.test.ts, which is the one file that packs.
import { execFile } from 'node:child_process';
import { readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { nodes } from './cdk-app.ts';
import { packedApp } from './packed.ts';

const run = promisify(execFile);

/** Calls itself as a client with a proof by jose, twice with the same proof. */
const api = `
  import { createHash, randomUUID } from 'node:crypto';
  import { createServer } from 'node:http';
  import type { AddressInfo } from 'node:net';
  import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
  import { sendRefusal, verifyDpop, type VerifyOptions } from 'okta-dpop-bff/verify';

  const issuer = 'https://acme.okta.example';
  const server = await generateKeyPair('RS256');
  const keys = { keys: [{ ...(await exportJWK(server.publicKey)), kid: 'one' }] };
  let options: VerifyOptions;
  const orders = createServer(async (request, response) => {
    if (request.url === '/keys') return void response.end(JSON.stringify(keys));
    const verdict = await verifyDpop(request, options, { scopes: ['orders.read'] });
    if (verdict.kind === 'refused') return sendRefusal(response, verdict);
    response.end(JSON.stringify({ caller: verdict.access.subject }));
  });
  await new Promise<void>((resolve) => orders.listen(0, '127.0.0.1', resolve));
  const publicUrl = 'http://127.0.0.1:' + (orders.address() as AddressInfo).port;
  options = { issuer, audience: 'api://orders', publicUrl, jwksUri: publicUrl + '/keys' };

  const client = await generateKeyPair('ES256');
  const jwk = await exportJWK(client.publicKey);
  const token = await new SignJWT({ scope: 'orders.read', cnf: { jkt: await calculateJwkThumbprint(jwk) } })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'at+jwt' })
    .setIssuer(issuer).setAudience('api://orders').setSubject('ada').setExpirationTime('1h').sign(server.privateKey);
  const ath = createHash('sha256').update(token).digest('base64url');
  const dpop = await new SignJWT({ htm: 'GET', htu: publicUrl + '/orders', ath, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).setIssuedAt().sign(client.privateKey);
  for (let call = 0; call < 2; call++) {
    const answer = await fetch(publicUrl + '/orders', { headers: { authorization: 'DPoP ' + token, dpop } });
    console.log(answer.status, await answer.text());
  }
  orders.close();
  orders.closeAllConnections();`;

/** Each error that it expects would be one itself if the types were `any`. */
const wrong = `
  import { verifyDpop, type VerifyOptions } from 'okta-dpop-bff/verify';
  const least = { issuer: '', audience: '', publicUrl: '' };
  export const right: VerifyOptions = { ...least, bearer: 'allow', proofAlgs: ['ES256'] };
  // @ts-expect-error
  export const incomplete: VerifyOptions = { issuer: '' };
  // @ts-expect-error
  export const symmetric: VerifyOptions = { ...least, proofAlgs: ['HS256'] };
  // @ts-expect-error
  export const misspelt: VerifyOptions = { ...least, bearer: 'denied' };
  // @ts-expect-error
  export const unjudged = (await verifyDpop(new Request('http://x'), right)).access;`;

export function verifyInAnApi() {
  let app: Awaited<ReturnType<typeof packedApp>>;
  beforeAll(async () => {
    const compilerOptions = {
      module: 'NodeNext',
      target: 'ES2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      typeRoots: [join(root, 'node_modules/@types')],
      types: ['node'],
    };
    const tsconfig = JSON.stringify({ compilerOptions });
    app = await packedApp(
      { 'api.ts': api, 'wrong.ts': wrong, 'tsconfig.json': tsconfig },
      tmpdir(),
    );
    await symlink(join(root, 'node_modules/jose'), join(app.folder, 'node_modules/jose'), 'dir');
    await app.run('typescript/bin/tsc', '-p', app.folder, '--singleThreaded');
  }, 300_000);
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('has only jose beside it', async () => {
    const installed = await readdir(join(app.folder, 'node_modules'));
    expect(installed.filter((name) => name[0] !== '.').sort()).toEqual(['jose', 'okta-dpop-bff']);
  });

  test.each([...nodes])('verifies a request once, with Node %s', async (_version, node) => {
    const { stdout } = await run(node, ['api.js'], { cwd: app.folder, env: {} });
    expect(stdout.trim().split('\n')).toEqual([
      '200 {"caller":"ada"}',
      '401 {"error":"invalid_dpop_proof","error_description":"the DPoP proof has been used before"}',
    ]);
  });
}
