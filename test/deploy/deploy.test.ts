// A real `cdk bootstrap`, `cdk deploy` and `cdk destroy`, and a user who signs in at what was deployed: through
// CloudFront, the firewall, the HTTP API with its authorizer, to the functions, the table and the keys.
//
// The emulator lacks two kinds of resources, and just these are left out, by the switches that the deployment has for
// them: alarms on metric math (`alarms=false`) and deliveries of CloudFront's logs (`accessLogs=false`). It does not
// enforce IAM: what the roles may do is in test/infra/aws/permissions.test.ts. emulator.py says what it puts right.
// Other layouts, an upgrade and the documented way out are in layouts.test.ts.

import { rm } from 'node:fs/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionLine } from '#core/keys/sessions.ts';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import { builtSpa } from '#test/infra/aws/everything.ts';
import { deadOrigin } from '#test/support/loopback.ts';
import { visitor } from '#test/support/visitor.ts';
import { cdkFor, type Outputs } from './cdk.ts';
import { type Emulator, missing, startEmulator } from './emulator.ts';
import { type OperatorCommand, operatorCommand } from './operator.ts';
import { type PublicOrigin, startPublicOrigin } from './public-origin.ts';

const reason = await missing();
if (reason) console.log(`test:deploy: skipped, ${reason}`);

describe.skipIf(reason)('deployed with the CDK', () => {
  let emulator: Emulator;
  let front: PublicOrigin;
  let okta: Okta;
  let cdk: ReturnType<typeof cdkFor>;
  let outputs: Outputs;
  const app = builtSpa();
  const output = (name: string) => outputs['okta-dpop-bff']?.[name] ?? '';

  beforeAll(async () => {
    front = await startPublicOrigin();
    emulator = await startEmulator(Number(new URL(await deadOrigin()).port));
    okta = await startOkta({
      port: 0,
      clients: [
        {
          clientId: 'bff-deployed',
          clientAuth: 'private_key_jwt',
          redirectUris: [`${front.url}/bff/callback`],
          postLogoutRedirectUris: [`${front.url}/`],
          jwksUri: `${front.url}/bff/jwks`,
        },
      ],
    });
    cdk = cdkFor(emulator.url, {
      issuer: okta.issuer,
      clientId: 'bff-deployed',
      publicOrigin: front.url,
      scopes: 'openid profile email offline_access okta.users.read',
      removalPolicy: 'destroy',
      alarms: 'false',
      accessLogs: 'false',
      bff: JSON.stringify({ keyRotation: { everyDays: 90 }, routes: manyRoutes(okta.issuer) }),
      spa: app,
    });
    await cdk.bootstrap();
    ({ outputs } = await cdk.deploy());
    front.leadTo(emulator.url, output('DistributionDomain'));
  });

  afterAll(async () => {
    await Promise.all([okta?.close(), front?.close()]);
    await emulator?.close();
    await rm(app, { recursive: true, force: true });
  });

  test('the outputs have what people register at Okta', () => {
    expect(output('RedirectUri')).toBe(`${front.url}/bff/callback`);
    expect(output('JwksUri')).toBe(`${front.url}/bff/jwks`);
    expect(output('DistributionDomain')).toMatch(/\.cloudfront\.net$/);
  });

  test('a user signs in, calls the API with a fresh proof each, and signs out', async () => {
    const browser = visitor(front.url);
    await browser.signIn();
    const session = await browser.fetch('/bff/session');
    expect(session.json()).toMatchObject({ authenticated: true });
    for (let n = 0; n < 3; n++) {
      const users = await browser.fetch('/bff/api/v1/users?limit=2');
      expect(users.status).toBe(200);
      expect(users.json<unknown[]>()).toHaveLength(2);
    }
    const calls = okta.events
      .list()
      .filter(({ kind, path }) => kind === 'api' && path.includes('/users'));
    expect(calls.map(({ status, scheme }) => [status, scheme])).toEqual(
      Array(3).fill([200, 'DPoP']),
    );
    expect(new Set(calls.map(({ proof }) => proof?.claims.jti)).size).toBe(3);
    const out = await browser.fetch('/bff/logout', { method: 'POST' });
    expect(out.status).toBe(204);
    expect((await browser.fetch('/bff/session')).json()).toEqual({ authenticated: false });
  });

  test('the app is uploaded: pages are asked for again each time, assets are kept for ever', async () => {
    const browser = visitor(front.url);
    const page = await browser.fetch('/');
    expect([page.status, page.headers['cache-control']]).toEqual([
      200,
      'public, max-age=0, must-revalidate',
    ]);
    const asset = await browser.fetch('/assets/main-3f2a.js');
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  test('an error of the API stays what it is, and nothing of /bff is kept', async () => {
    const browser = visitor(front.url);
    const refused = await browser.fetch('/bff/api/v1/users');
    expect(refused.status).toBe(401);
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(refused.headers['cache-control']).toBe('no-store');
    expect((await browser.fetch('/bff/nothing')).status).toBe(404);
  });

  test('the API itself answers nobody who did not come through CloudFront', async () => {
    const url = `${emulator.url}/_aws/execute-api/${await apiOf(emulator.url)}/$default/bff/health`;
    const status = async (headers: Record<string, string>) =>
      (await fetch(url, { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ 'x-bff-origin': 'guessed' })).toBe(403);
    const secrets = clientOf(SecretsManagerClient);
    const { SecretList: [held] = [] } = await secrets.send(new ListSecretsCommand());
    const { SecretString = '' } = await secrets.send(
      new GetSecretValueCommand({ SecretId: held?.ARN }),
    );
    expect(await status({ 'x-bff-origin': SecretString })).toBe(200);
  });

  test('the operator function lists the keys', async () => {
    const lambda = clientOf(LambdaClient);
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({
        FunctionName: output('OperatorFunction'),
        Payload: JSON.stringify({ action: 'list' }),
      }),
    );
    expect(FunctionError).toBeUndefined();
    const { keys } = JSON.parse(Buffer.from(Payload ?? []).toString());
    expect(keys.map(({ use, state }: Record<string, string>) => [use, state])).toEqual([
      ['dpop', 'active'],
      ['assertion', 'active'],
    ]);
  });

  describe('the operator’s command, with a profile of AWS', () => {
    let operator: OperatorCommand;
    const account = {
      aws_access_key_id: 'bff-deploy-test',
      aws_secret_access_key: 'none',
    };
    beforeAll(async () => {
      const endpoint_url = emulator.url;
      operator = await operatorCommand({
        here: { ...account, endpoint_url, region: 'us-east-1' },
        elsewhere: { ...account, endpoint_url, region: 'eu-west-1' },
        nobody: { endpoint_url, region: 'us-east-1' },
      });
    });
    afterAll(() => operator?.close());
    const signedIn = async () => {
      const browser = visitor(front.url);
      await browser.signIn();
      return browser;
    };
    const call = async (browser: ReturnType<typeof visitor>) =>
      (await browser.fetch('/bff/api/v1/users?limit=1')).status;

    test('finds the function by the stack’s outputs, and says where it is', async () => {
      const status = await operator.run('status --profile here');
      expect(status.err).toBe('okta-dpop-bff in us-east-1\n\n');
      expect([status.code, status.out]).toEqual([0, expect.stringMatching(/\nAll is well\.\n$/)]);
      const named = `--stack okta-dpop-bff --region us-east-1 --profile elsewhere`;
      const list = await operator.run(`keys list ${named}`);
      expect([list.code, list.err]).toEqual([0, 'okta-dpop-bff in us-east-1\n\n']);
      expect(list.out).toMatch(/^DPoP proofs\n.*\n {2}mrk-\w{8} {2}active /);
      const { keys } = (await operator.json(
        `keys list --function ${output('OperatorFunction')} --profile here`,
      )) as { keys: unknown[] };
      expect(keys).toHaveLength(2);
    });

    test('where there is no such stack, or nobody signed in, one line says what to do', async () => {
      expect(await operator.run('status --stack nothing-here --profile here')).toEqual({
        code: 1,
        out: '',
        err: 'error: there is no stack nothing-here in this account and Region: name it with --stack, --region, --profile\n',
      });
      expect(await operator.run('status --function nothing-here --profile here')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/error: there is no function nothing-here in this account/),
      });
      expect(await operator.run('status --profile nobody')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^error: no AWS credentials were found: /),
      });
      expect(await operator.run('status --profile misspelt --region us-east-1')).toMatchObject({
        code: 1,
        err: expect.stringMatching(
          /^error: no AWS credentials were found: there is no profile misspelt/,
        ),
      });
    });

    test('rotates the key under a session, which goes on, and ends sessions', async () => {
      const browser = await signedIn();
      const dry = await operator.run('keys rotate --dry-run --profile here');
      expect([dry.code, dry.out]).toEqual([
        0,
        expect.stringMatching(/^Would rotate the dpop key: mrk-\w{8} -> a new ECC_NIST_P256 key\./),
      ]);
      const rotated = await operator.run('keys rotate --wait 1 --reason yearly --profile here');
      expect(rotated.err).toContain('waits until all of KMS knows it');
      expect([rotated.code, rotated.out]).toEqual([
        0,
        expect.stringMatching(/^mrk-\w{8} is the active dpop key\. mrk-\w{8} drains\.\n$/),
      ]);
      expect(await call(browser)).toBe(200);
      expect(await call(await signedIn())).toBe(200);
      const sessions = await operator.run('sessions list --user ada@example.com --profile here');
      expect([sessions.code, sessions.out]).toEqual([
        0,
        expect.stringMatching(/^\d sessions?\n {2}SESSION /),
      ]);
      const revoke = 'sessions revoke --user ada@example.com --reason left --profile here';
      expect(await operator.run(revoke)).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^\d sessions? ended\.\n$/),
      });
      expect(await call(browser)).toBe(401);
    });

    test('takes a key out at once, and undoes it', async () => {
      const browser = await signedIn();
      const held = 'sessions list --user ada@example.com --profile here';
      const { sessions } = (await operator.json(held)) as { sessions: SessionLine[] };
      const [{ key } = { key: '' }] = sessions;
      const killed = await operator.run(`keys disable ${key} --now --reason leaked --profile here`);
      expect([killed.code, killed.out]).toEqual([
        0,
        expect.stringMatching(/no longer signs; \d sessions? ended\./),
      ]);
      expect(await call(browser)).toBe(401);
      expect(await call(await signedIn())).toBe(200);
      expect(await operator.run(`keys enable ${key} --profile here`)).toMatchObject({
        code: 0,
        out: expect.stringMatching(`^${key} signs again, and is (active|draining)\\.`),
      });
    });
  });

  test('a second deployment changes nothing', async () => {
    const { said } = await cdk.deploy();
    expect(said.match(/\(no changes\)/g)).toHaveLength(2);
  });

  test('nothing is left when it is destroyed', async () => {
    await cdk.destroy();
    const tables = await clientOf(DynamoDBClient).send(new ListTablesCommand());
    expect(tables.TableNames).toEqual([]);
    const functions = await clientOf(LambdaClient).send(new ListFunctionsCommand());
    expect(functions.Functions).toEqual([]);
  });

  const clientOf = <Client>(Client: new (settings: object) => Client): Client =>
    new Client({
      endpoint: emulator.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'bff-deploy-test', secretAccessKey: 'none' },
    });
});

/** Far more than fit into the environment of a function. */
const manyRoutes = (issuer: string) => [
  { path: '/bff/api/v1/*', upstream: `${issuer}/api/v1` },
  ...Array.from({ length: 199 }, (_, at) => ({
    path: `/bff/api/service-${at}/*`,
    upstream: `https://service-${at}.acme.com/api`,
  })),
];

async function apiOf(endpoint: string): Promise<string> {
  const answer = await fetch(`${endpoint}/v2/apis`);
  const { items } = (await answer.json()) as { items: { apiId: string }[] };
  return items[0]?.apiId ?? '';
}
