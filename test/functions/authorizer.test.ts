import { afterEach, describe, expect, test, vi } from 'vitest';
import { originSecrets } from '#adapters/aws/origin-secrets.ts';
import { authorizer } from '#functions/authorizer.ts';
import { bodyOf, serve } from '#test/support/loopback.ts';

const httpApi = (secret?: string) => ({
  version: '2.0',
  headers: secret === undefined ? {} : { 'x-bff-origin': secret },
});

const restApi = (secret: string) => ({
  type: 'REQUEST',
  methodArn: 'arn:aws:execute-api:eu-west-1:111122223333:api1/live/GET/bff/api/events/1',
  headers: { 'X-BFF-Origin': secret },
});

/** Secrets Manager holding these, and how often it was asked. */
function manager(...held: string[]) {
  const state = { held, reads: 0, now: 0, fails: false };
  const clock = { now: () => state.now };
  const secrets = originSecrets(async () => {
    state.reads += 1;
    if (state.fails) throw new Error('unreachable');
    return [...state.held];
  }, clock);
  const authorize = (event: Parameters<typeof authorizer>[1]) =>
    authorizer({ env: { secrets, clock } }, event);
  return { state, authorize };
}

describe('an HTTP API', () => {
  test('is open to whoever has the secret', async () => {
    const { authorize } = manager('right');
    expect(await authorize(httpApi('right'))).toEqual({ isAuthorized: true });
  });

  test.each([[undefined], [''], ['wrong'], ['right '], ['right,right']])(
    'is closed to %j',
    async (secret) => {
      const { authorize } = manager('right');
      expect(await authorize(httpApi(secret))).toEqual({ isAuthorized: false });
    },
  );

  test('is open with the secret before, while CloudFront learns the next', async () => {
    const { authorize } = manager('next', 'before');
    expect(await authorize(httpApi('before'))).toEqual({ isAuthorized: true });
  });

  test('is closed when the secrets cannot be read', async () => {
    const { authorize, state } = manager('right');
    state.fails = true;
    await expect(authorize(httpApi('right'))).rejects.toThrow();
    state.fails = false;
    expect(await authorize(httpApi('right'))).toEqual({ isAuthorized: true });
  });
});

describe('a REST API', () => {
  test('gets a policy for all its paths: the answer is kept for the next one', async () => {
    const { authorize } = manager('right');
    const { policyDocument } = (await authorize(restApi('right'))) as {
      policyDocument: { Statement: unknown[] };
    };
    expect(policyDocument.Statement).toEqual([
      {
        Action: 'execute-api:Invoke',
        Effect: 'Allow',
        Resource: 'arn:aws:execute-api:eu-west-1:111122223333:api1/live/*',
      },
    ]);
  });

  test('is denied without the secret', async () => {
    const { authorize } = manager('right');
    expect(JSON.stringify(await authorize(restApi('wrong')))).toContain('"Effect":"Deny"');
  });
});

describe('the secrets', () => {
  test('are read once in the life of an environment', async () => {
    const { authorize, state } = manager('right');
    await authorize(httpApi('right'));
    await authorize(httpApi('right'));
    expect(state.reads).toBe(1);
  });

  test('are read again for one that is not known, at most every half minute', async () => {
    const { authorize, state } = manager('old');
    await authorize(httpApi('old'));
    state.held = ['new'];
    expect(await authorize(httpApi('new'))).toEqual({ isAuthorized: false });
    expect(state.reads).toBe(1);
    state.now = 30_000;
    expect(await authorize(httpApi('new'))).toEqual({ isAuthorized: true });
    expect(state.reads).toBe(2);
  });
});

describe('Secrets Manager', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  /** A cold environment whose secrets are those. */
  async function known(held: Record<string, string>, client: string): Promise<string[]> {
    const server = await serve(async (request, response) => {
      const { SecretId } = JSON.parse((await bodyOf(request)).toString());
      const asked = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue';
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(asked ? { SecretString: held[SecretId] } : {}));
    });
    vi.stubEnv('BFF_ORIGIN_SECRETS', Object.keys(held).join());
    vi.stubEnv('BFF_AWS_CLIENT', client);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', server.origin);
    const { originAuthorizer } = await import('#shared/runtime/authorizer.ts');
    return originAuthorizer().secrets.known();
  }

  describe.each(['lean', 'sdk'])('by the %s client', (client) => {
    test('is asked for each secret by its ARN', async () => {
      const held = { 'arn:one': 'next', 'arn:two': 'before' };
      expect(await known(held, client)).toEqual(['next', 'before']);
    });

    test('that holds an empty secret admits nobody', async () => {
      await expect(known({ 'arn:one': '' }, client)).rejects.toThrow('empty');
    });
  });
});
