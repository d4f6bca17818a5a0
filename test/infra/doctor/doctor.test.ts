import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { askOnly } from '#infra/doctor/ask.ts';
import { byHand, discover, examine } from '#infra/doctor/doctor.ts';
import type { Finding } from '#infra/doctor/finding.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import {
  deadOrigin,
  type IncomingMessage,
  type ServerResponse,
  serve,
} from '#test/support/loopback.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ environment: {} });
});
afterEach(() => system.okta?.faults.clear());
afterAll(() => system?.close());

/** Examines the running system, with changes to its configuration. */
async function findingsOf(changes: Partial<ConfigInput> = {}): Promise<Finding[]> {
  const { issuer, clientId, publicOrigin, scopes } = system.config;
  const config = parseConfig({ issuer, clientId, publicOrigin, scopes, ...changes }, 'local');
  return collected(examine(askOf(config), config));
}

const askOf = (config: { issuer: string; publicOrigin: string }) =>
  askOnly(new URL(config.issuer).origin, new URL(config.publicOrigin).origin);

async function collected(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}

const wrongOf = (findings: Finding[]) =>
  findings.filter(({ verdict }) => verdict === 'wrong').map(({ check }) => check);
const the = (findings: Finding[], check: string) => findings.filter((one) => one.check === check);

describe('a system in order', () => {
  test('has nothing wrong and no warning', async () => {
    const findings = await findingsOf();
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual([
      'discovery',
      'clock',
      'issuer',
      'endpoints',
      'DPoP',
      'grant types',
      'client authentication',
      'PAR',
      'scopes',
      'sign-out',
      "the server's keys",
      'redirect URI',
      'broker',
      'our keys',
    ]);
  });

  test('is warned when its users cannot be found by e-mail', async () => {
    const findings = await findingsOf({ scopes: ['openid', 'offline_access'] });
    expect(the(findings, 'configuration')).toMatchObject([
      { verdict: 'warning', says: expect.stringContaining('Universal Logout') },
    ]);
  });

  test('leaves to the reader what cannot be seen from outside: that tokens are bound, and that no grant forbids it', () => {
    expect(byHand(system.config).join('\n')).toMatch(
      /"Require Demonstrating Proof of Possession.*, and leave "Client Credentials" and "Implicit" unticked.*\n.*\/bff\/jwks\n.*Sign-out redirect URIs/,
    );
  });
});

describe('the authorization server', () => {
  test('that does not answer ends the examination of it', async () => {
    const findings = await findingsOf({ issuer: await deadOrigin() });
    expect(the(findings, 'discovery')).toEqual([
      expect.objectContaining({
        verdict: 'wrong',
        says: expect.stringContaining('the connection was refused'),
      }),
    ]);
    expect(findings.map(({ check }) => check)).toEqual(['discovery', 'broker', 'our keys']);
  });

  test.each([
    ['wrong_issuer', 'issuer', /calls itself .*\/other/],
    ['foreign_endpoint', 'endpoints', /token_endpoint is not on the issuer's host/],
    ['http_endpoint', 'endpoints', /token_endpoint is not on the issuer's host/],
    ['other_dpop_algs', 'DPoP', /our key signs ES256, the server takes PS256 EdDSA/],
  ])('with metadata %s is wrong about %s', async (fault, check, says) => {
    system.okta?.faults.set('metadata', { value: fault });
    const findings = await findingsOf();
    expect(the(findings, check)).toEqual([
      expect.objectContaining({ verdict: 'wrong', says: expect.stringMatching(says) }),
    ]);
  });

  test.each([
    ['unavailable', /answers (503|404)/],
    ['not_json', /not with JSON|answers 404/],
  ])('whose metadata is %s cannot be examined', async (fault, says) => {
    system.okta?.faults.set('metadata', { value: fault });
    const [discovery] = await findingsOf();
    expect(discovery).toMatchObject({
      check: 'discovery',
      verdict: 'wrong',
      says: expect.stringMatching(says),
    });
  });

  test('that does not announce DPoP is wrong, since sign-ins will be refused, with the switch to look for', async () => {
    system.okta?.faults.set('metadata', { value: 'no_dpop_algs' });
    expect(the(await findingsOf(), 'DPoP')).toEqual([
      expect.objectContaining({
        verdict: 'wrong',
        says: expect.stringContaining('sign-ins are refused'),
        todo: expect.stringContaining('Demonstrating Proof of Possession'),
      }),
    ]);
  });

  test('without PAR contradicts a configuration that requires it', async () => {
    system.okta?.faults.set('metadata', { value: 'no_par' });
    expect(wrongOf(await findingsOf({ par: 'require' }))).toEqual(['PAR']);
    system.okta?.faults.set('metadata', { value: 'no_par' });
    expect(wrongOf(await findingsOf({ par: 'auto' }))).toEqual([]);
  });
});

describe('the app at the server', () => {
  test('does not know another public origin, and the finding has the URI to add', async () => {
    const other = await deadOrigin();
    const [finding] = the(await findingsOf({ publicOrigin: other }), 'redirect URI');
    expect(finding).toMatchObject({
      verdict: 'wrong',
      todo: expect.stringContaining(`add ${other}/bff/callback`),
    });
  });

  test('is unknown under another client id', async () => {
    expect(wrongOf(await findingsOf({ clientId: 'unknown' }))).toEqual(['redirect URI']);
  });

  test('is refused scopes that it does not have', async () => {
    const findings = await findingsOf({
      scopes: ['openid', 'offline_access', 'okta.everything.manage'],
    });
    expect(wrongOf(findings)).toEqual(['scopes']);
  });
});

describe('the configuration', () => {
  test('with another clientAuth than the server takes is wrong', async () => {
    const origin = await metadataServer({
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    });
    expect(wrongOf(await findingsOf({ issuer: origin }))).toContain('client authentication');
  });

  test('with okta.* scopes at a custom authorization server is wrong', async () => {
    const origin = await metadataServer({}, '/oauth2/default');
    const findings = await findingsOf({
      issuer: `${origin}/oauth2/default`,
      scopes: ['openid', 'okta.users.read'],
    });
    expect(the(findings, 'scopes')[0]).toMatchObject({
      verdict: 'wrong',
      todo: expect.stringContaining(origin),
    });
  });

  test('without offline_access is a warning', async () => {
    expect(the(await findingsOf({ scopes: ['openid'] }), 'refresh')[0]?.verdict).toBe('warning');
  });

  test('never using PAR where it is required is wrong, and the redirect URI cannot be tried', async () => {
    const origin = await metadataServer({
      pushed_authorization_request_endpoint: '/par',
      require_pushed_authorization_requests: true,
    });
    const findings = await findingsOf({ issuer: origin, par: 'never' });
    expect(the(findings, 'PAR')[0]?.verdict).toBe('wrong');
    expect(the(findings, 'redirect URI')[0]).toMatchObject({
      verdict: 'warning',
      says: expect.stringContaining('only pushed requests'),
    });
  });
});

test('sessions that no browser can bind, because the app is on plain http, are a warning', async () => {
  const findings = await findingsOf({ session: { deviceBound: 'require' } });
  expect(the(findings, 'configuration')).toEqual([
    expect.objectContaining({
      verdict: 'warning',
      says: expect.stringContaining('no browser binds a session over plain http'),
    }),
  ]);
});

describe('the deployed broker', () => {
  test('that does not exist yet is a warning: you may ask before deploying', async () => {
    const findings = await findingsOf({ publicOrigin: await deadOrigin() });
    expect(the(findings, 'broker')[0]?.verdict).toBe('warning');
    expect(the(findings, 'our keys')[0]).toMatchObject({
      verdict: 'warning',
      todo: expect.stringContaining('Use a URL to fetch keys dynamically'),
    });
  });

  test('that shows a private key is wrong', async () => {
    const { origin } = await serve((_, response) =>
      response.end(JSON.stringify({ keys: [{ kty: 'EC', d: 'x' }] })),
    );
    expect(the(await findingsOf({ publicOrigin: origin }), 'our keys')[0]?.verdict).toBe('wrong');
  });
});

describe('a server that is not Okta', () => {
  const keycloak = {
    token_endpoint: '/realms/bff/protocol/openid-connect/token',
    end_session_endpoint: '/logout',
    revocation_endpoint: '/revoke',
    dpop_signing_alg_values_supported: ['ES256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    scopes_supported: ['openid', 'offline_access'],
  };
  const verdicts = (findings: Finding[], check: string) =>
    the(findings, check).map(({ verdict }) => verdict);

  test('is described without the names of Okta’s menus', async () => {
    const issuer = await metadataServer({});
    const config = parseConfig({ ...system.config, issuer }, 'local');
    const found = await discover(askOf(config), issuer);
    const findings = await collected(examine(askOf(config), config, found));
    const said = [...findings.map(({ todo = '' }) => todo), ...byHand(config, found.server.clicks)];
    expect(said.join('\n')).toContain('/bff/callback to the redirect URIs');
    expect(said.join('\n')).not.toMatch(/Okta: |Applications >/);
  });

  test('under a domain of its own is still Okta', async () => {
    const issuer = await metadataServer({ token_endpoint: '/oauth2/v1/token' });
    expect((await discover(askOf({ issuer, publicOrigin: issuer }), issuer)).server.kind).toBe(
      'okta',
    );
  });

  test('that shows its own page instead of an answer is a warning', async () => {
    const page = (status: number) => async (path: string) => {
      const issuer = await metadataServer({}, '', undefined, (request, response) => {
        if (!request.url?.startsWith('/authorize')) return false;
        response.writeHead(status, status === 302 ? { location: path } : {}).end('<html>');
        return true;
      });
      return verdicts(await findingsOf({ issuer }), 'redirect URI');
    };
    expect(await page(302)('/login')).toEqual(['warning']);
    expect(await page(200)('')).toEqual(['warning']);
    expect(await page(400)('')).toEqual(['wrong']);
    expect(await page(302)('http://elsewhere.example/')).toEqual(['wrong']);
  });

  test('that wants pushed requests of this client is not called a fault of the redirect URI', async () => {
    const back = `${system.config.publicOrigin}/bff/callback?error=invalid_request`;
    const issuer = await metadataServer(
      { pushed_authorization_request_endpoint: '/par' },
      '',
      undefined,
      (request, response) => {
        if (!request.url?.startsWith('/authorize')) return false;
        response.writeHead(302, { location: back }).end();
        return true;
      },
    );
    expect(the(await findingsOf({ issuer }), 'redirect URI')).toEqual([
      expect.objectContaining({
        verdict: 'warning',
        says: expect.stringContaining('only pushed ones'),
        todo: expect.stringContaining('Ours are pushed'),
      }),
    ]);
  });

  test('takes a public client that it does not announce: one warning, nothing wrong', async () => {
    const issuer = await metadataServer(keycloak);
    const findings = await findingsOf({ issuer, clientAuth: 'none' });
    expect(verdicts(findings, 'client authentication')).toEqual(['warning']);
  });

  test.each([
    [
      'Keycloak, with offline_access',
      keycloak,
      ['openid', 'offline_access'],
      'warning',
      'Leave offline_access out',
    ],
    ['Keycloak, without', keycloak, ['openid'], 'ok', undefined],
    [
      'another that announces it, without',
      { scopes_supported: ['openid', 'offline_access'] },
      ['openid'],
      'warning',
      'if sessions end',
    ],
    [
      'another that does not announce it',
      { scopes_supported: ['openid'] },
      ['openid'],
      'ok',
      undefined,
    ],
    [
      'one with paths of Okta, without',
      { token_endpoint: '/oauth2/v1/token' },
      ['openid'],
      'warning',
      'Add offline_access',
    ],
  ])('offline_access at %s', async (_, metadata, scopes, verdict, todo) => {
    const issuer = await metadataServer(metadata);
    const [finding] = the(await findingsOf({ issuer, scopes }), 'refresh');
    expect(finding?.verdict).toBe(verdict);
    if (todo) expect(finding?.todo).toContain(todo);
  });

  test('may take no assertion for the revocation endpoint, and the line on sign-out says so', async () => {
    const issuer = await metadataServer(keycloak);
    const named = await findingsOf({ issuer, assertionAudience: 'endpoint' });
    expect(the(named, 'sign-out')).toEqual([
      expect.objectContaining({
        verdict: 'warning',
        says: expect.stringContaining('revokes nothing'),
        todo: expect.stringContaining('assertionAudience to issuer'),
      }),
    ]);
    // Without a word of it a revocation tries one audience after the other.
    for (const right of [{}, { assertionAudience: 'issuer' as const }]) {
      expect(verdicts(await findingsOf({ issuer, ...right }), 'sign-out')).toEqual(['ok']);
    }
  });

  test('by another name is one line that is wrong, whatever follows from it', async () => {
    const elsewhere = { issuer: 'http://idp.example', jwks_uri: 'http://idp.example/keys' };
    const findings = await findingsOf({ issuer: await metadataServer(elsewhere) });
    expect(findings.filter(({ verdict }) => verdict === 'wrong')).toEqual([
      expect.objectContaining({
        check: 'issuer',
        says: 'the server calls itself http://idp.example; the rest of it was not examined',
      }),
    ]);
  });
});

test('several endpoints on a foreign host are one line', async () => {
  const issuer = await metadataServer({
    token_endpoint: 'http://idp.example/token',
    authorization_endpoint: 'http://idp.example/authorize',
  });
  const findings = await findingsOf({ issuer });
  expect(the(findings, 'endpoints')).toHaveLength(1);
  expect(the(findings, 'endpoints')[0]?.says).toMatch(/authorization_endpoint.*token_endpoint/);
  expect(the(findings, 'redirect URI')).toEqual([]);
});

describe('the clock', () => {
  test.each([
    [0, 'ok'],
    [30, 'warning'],
    [-30, 'warning'],
    [120, 'wrong'],
    [-120, 'wrong'],
  ])('of a server that is %i s off is %s', async (seconds, verdict) => {
    const origin = await metadataServer({}, '', new Date(Date.now() + seconds * 1000));
    expect(the(await findingsOf({ issuer: origin }), 'clock')[0]?.verdict).toBe(verdict);
  });
});

test('nobody but the issuer and the public origin is asked', async () => {
  let asked = 0;
  const elsewhere = await serve((_, response) => {
    asked += 1;
    response.end('{}');
  });
  const origin = await metadataServer({
    jwks_uri: `${elsewhere.origin}/keys`,
    authorization_endpoint: `${elsewhere.origin}/authorize`,
  });
  const findings = await findingsOf({ issuer: origin });
  expect(wrongOf(findings)).toEqual(expect.arrayContaining(['endpoints', "the server's keys"]));
  expect(asked).toBe(0);
});

describe('the command', () => {
  const run = (...args: string[]) => runIn(root, args);
  const runIn = async (cwd: string, args: string[]) => {
    const main = join(root, 'infra/doctor/main.ts');
    return promisify(execFile)(process.execPath, [main, ...args], { cwd }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };
  const given = () =>
    (['issuer', 'clientId', 'publicOrigin'] as const).flatMap((name) => [
      '-c',
      `${name}=${system.config[name]}`,
    ]);

  test('ends with 0 when nothing is wrong, one line for each check', async () => {
    const { code, stdout } = await run(...given());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok +discovery +http/m);
    expect(stdout).toMatch(/, 0 wrong\n$/);
  });

  test('ends with 1 when something is, and says it to scripts', async () => {
    const { code, stdout } = await run(...given(), '-c', 'clientId=unknown', '--json');
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    expect(wrongOf(findings)).toEqual(['redirect URI']);
  });

  test('without a configuration says where it looked, and what to read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const context of [undefined, { context: { other: 1 } }]) {
      if (context) await writeFile(join(folder, 'cdk.json'), JSON.stringify(context));
      const { code, stderr } = await runIn(folder, []);
      expect(code).toBe(2);
      expect(stderr).toMatch(/cdk\.json has no context > bff.*--config.*docs\/configuration\.md/);
    }
    const own = { context: { bff: { ...system.config, clientId: 'unknown' } } };
    await writeFile(join(folder, 'cdk.json'), JSON.stringify(own));
    expect((await runIn(folder, [])).code).toBe(1);
  });

  test('reads a file, over which -c takes precedence', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'bff.json');
    await writeFile(file, JSON.stringify({ ...system.config, clientId: 'unknown' }));
    expect((await run('--config', file, '-c', `clientId=${system.config.clientId}`)).code).toBe(0);
  });

  test.each([
    [['--colour'], /error: .*--colour.*; see --help/],
    [['-c', 'issuer'], /error: -c issuer: must be field=value/],
    [['--config', '/nowhere.json'], /there is no such file/],
    [['-c', 'issuer=http://acme.okta.com'], /- issuer: .*\n.*- clientId: /],
  ])('ends with 2 for %j', async (args, says) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('    at ');
  });
});

/** An authorization server that has nothing but metadata. Endpoints that begin with a slash are its own. */
async function metadataServer(
  fields: Record<string, unknown>,
  path = '',
  date?: Date,
  answered: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<string> {
  const { origin } = await serve((request, response) => {
    if (answered(request, response)) return;
    const self = `http://${request.headers.host}`;
    const own = {
      authorization_endpoint: '/authorize',
      token_endpoint: '/token',
      jwks_uri: '/keys',
      ...fields,
    };
    const written = Object.entries(own).map(([name, value]) => [
      name,
      typeof value === 'string' && value.startsWith('/') ? self + value : value,
    ]);
    if (date) response.setHeader('date', date.toUTCString());
    if (!request.url?.includes('.well-known')) response.statusCode = 404;
    response.end(JSON.stringify({ issuer: self + path, ...Object.fromEntries(written) }));
  });
  return origin;
}
