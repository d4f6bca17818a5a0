// DpopAuthorizer as it is deployed, in front of an HTTP API and of a REST API: functions, table and key are made by
// CloudFormation, and the calls go through the emulator's gateways. What the emulator lacks: it fills no header of a gateway
// response from the authorizer's context, so the challenge of a REST API is in test/journeys/orders.test.ts; and it does not
// enforce IAM.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { deadOrigin } from '#test/support/loopback.ts';
import { athOf, type Client, clientWith, signedProof } from '#test/support/own-api.ts';
import { cdkFor, type Outputs } from './cdk.ts';
import { type Emulator, missing, startEmulator } from './emulator.ts';

const reason = await missing();
if (reason) console.log(`test:deploy: skipped, ${reason}`);

const issuer = 'https://acme.okta.example/oauth2/aus1';

describe.skipIf(reason)('an own API behind its authorizer', () => {
  let emulator: Emulator;
  let keys: Server;
  let outputs: Outputs;
  let signing: CryptoKey;
  let client: Client;
  const output = (name: string) => outputs['own-apis']?.[name] ?? '';
  const urlOf = (kind: 'http' | 'rest') =>
    kind === 'http'
      ? `${emulator.url}/_aws/execute-api/${output('HttpApiId')}/$default/orders`
      : `${emulator.url}/_aws/execute-api/${output('RestApiId')}/prod/orders`;

  beforeAll(async () => {
    const pair = await generateKeyPair('RS256');
    signing = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    keys = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
    client = await clientWith('ES256');
    emulator = await startEmulator(Number(new URL(await deadOrigin()).port));
    const ownKeys = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
    const cdk = cdkFor(emulator.url, { ownIssuer: issuer, ownKeys }, 'us-east-1', {
      app: `${process.execPath} ${join(root, 'test/deploy/own-api-app.ts')}`,
    });
    await cdk.bootstrap();
    ({ outputs } = await cdk.deploy());
  });

  afterAll(async () => {
    await emulator?.close();
    keys?.close();
  });

  const token = (claims: object = {}) =>
    new SignJWT({ cid: '0oa1', scp: ['orders.read'], cnf: { jkt: client.jkt }, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience('api://orders')
      .setSubject('ada@example.com')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(signing);

  async function headersFor(accessToken: string, claims: Record<string, unknown> = {}) {
    const dpop = await signedProof(client, {
      htm: 'GET',
      htu: 'https://api.acme.test/orders',
      iat: Math.floor(Date.now() / 1000),
      ath: athOf(accessToken),
      ...claims,
    });
    return { authorization: `DPoP ${accessToken}`, dpop };
  }

  test('a REST API lets a call with its proof in, once', async () => {
    const accessToken = await token();
    const headers = await headersFor(accessToken);
    const first = await fetch(urlOf('rest'), { headers });
    expect(first.status).toBe(200);
    const text = await first.text();
    expect(JSON.parse(text)).toMatchObject({ verdict: 'proved', sub: 'ada@example.com' });
    expect(text).not.toContain(accessToken.split('.')[2]);
    expect((await fetch(urlOf('rest'), { headers })).status).toBe(401);
  });

  test('an HTTP API answers the nonce challenge itself, and lets the next proof in', async () => {
    const accessToken = await token();
    const headers = await headersFor(accessToken);
    const challenged = await fetch(urlOf('http'), { headers });
    expect(challenged.status).toBe(401);
    expect(challenged.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"');
    const nonce = challenged.headers.get('dpop-nonce');
    expect(nonce).toBeTruthy();
    const again = await fetch(urlOf('http'), { headers: await headersFor(accessToken, { nonce }) });
    expect([again.status, await again.json()]).toEqual([
      200,
      expect.objectContaining({ verdict: 'proved', sub: 'ada@example.com' }),
    ]);
    // The proof of the challenge was used up.
    expect((await fetch(urlOf('http'), { headers })).status).toBe(403);
  });

  test.each(['http', 'rest'] as const)(
    'a %s API lets nobody in without the key of the token',
    async (kind) => {
      const accessToken = await token();
      const thief = await clientWith('ES256');
      const forged = await signedProof(thief, {
        htm: 'GET',
        htu: 'https://api.acme.test/orders',
        iat: Math.floor(Date.now() / 1000),
        ath: athOf(accessToken),
      });
      const refused = kind === 'http' ? 403 : 401;
      const attempts: Record<string, string>[] = [
        { authorization: `DPoP ${accessToken}`, dpop: forged },
        { authorization: `Bearer ${accessToken}` },
        await headersFor(accessToken, { htm: 'POST' }),
        await headersFor(await token({ scp: ['other'] })),
      ];
      for (const headers of attempts) {
        expect((await fetch(urlOf(kind), { headers })).status).toBe(refused);
      }
      expect((await fetch(urlOf(kind))).status).toBe(401);
    },
  );
});
