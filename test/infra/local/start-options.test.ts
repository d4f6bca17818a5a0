import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfigFile } from '#infra/local/run/config-file.ts';
import { dpopWarning, issuerWarning } from '#infra/local/run/issuer-check.ts';
import { prettyLine } from '#infra/local/run/log-line.ts';
import { parseOptions, UsageError, usage } from '#infra/local/run/options.ts';
import { completeConfig } from '#infra/local/run/own-config.ts';
import { deadOrigin, serve } from '#test/support/loopback.ts';

test('without flags the ports are 3000 and 3001', () => {
  expect(parseOptions([])).toEqual({ port: 3000, oktaPort: 3001, containers: 8, log: 'pretty' });
});

test('the panel goes over an app of one’s own, with the stand-in', () => {
  const app = 'http://localhost:5173';
  expect(parseOptions(['--spa', app, '--inside'])).toMatchObject({
    spa: { url: app },
    inside: true,
  });
  const real = ['--issuer', 'https://acme.okta.com', '--client-id', '0oa1'];
  for (const args of [['--inside'], ['--inside', '--spa', app, ...real]]) {
    expect(() => parseOptions(args)).toThrow('--inside goes with --spa');
  }
});

test('every flag has its place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'options-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'index.html'), '');
  expect(
    parseOptions([
      ...['--port', '4000', '--okta-port=4001', '--lambda-port', '4002', '--containers', '2'],
      ...['--config', 'bff.json', '--issuer', 'https://acme.okta.com', '--client-id', '0oa1'],
      ...['--https', '--persist', join(folder, 'new'), '--spa', folder, '--log', 'json'],
    ]),
  ).toEqual({
    port: 4000,
    oktaPort: 4001,
    lambdaPort: 4002,
    containers: 2,
    configFile: 'bff.json',
    issuer: 'https://acme.okta.com',
    clientId: '0oa1',
    https: true,
    persist: join(folder, 'new'),
    spa: { folder },
    log: 'json',
  });
});

test('policies are enforced unless somebody says otherwise', () => {
  expect(parseOptions(['--strict-iam'])).not.toHaveProperty('strictIam');
  expect(parseOptions(['--no-strict-iam'])).toMatchObject({ strictIam: false });
  expect(() => parseOptions(['--strict-iam', '--no-strict-iam'])).toThrow(UsageError);
});

test('a dev server of this machine is an app', () => {
  expect(parseOptions(['--spa', 'http://localhost:3100/', '--ssr'])).toMatchObject({
    spa: { url: 'http://localhost:3100', withCookie: true },
  });
  expect(parseOptions(['--spa', 'http://localhost:5173/'])).toMatchObject({
    spa: { url: 'http://localhost:5173' },
  });
});

test('the help names every flag', () => {
  expect(parseOptions(['--help'])).toBe('help');
  for (const flag of [
    'port',
    'okta-port',
    'config',
    'issuer',
    'client-id',
    'containers',
    'persist',
    'no-strict-iam',
  ]) {
    expect(usage).toContain(`--${flag} `);
  }
});

test.each([
  [['--port', '70000'], '--port must be a whole number from 0 to 65535'],
  [['--port', '3k'], '--port must be a whole number'],
  [['--port', '-1'], '--port'],
  [['--port'], '--port'],
  [['--port', '1', '--port', '2'], '--port is given twice'],
  [['--containers', '0'], '--containers must be a whole number from 1'],
  [['--containers', '1.5'], '--containers'],
  [['--log', 'xml'], '--log must be pretty or json'],
  [['--issuer', 'https://acme.okta.com'], '--issuer and --client-id go together'],
  [['--client-id', '0oa1'], '--issuer and --client-id go together'],
  [['--spa', 'http://example.com'], 'not a dev server on this machine'],
  [['--spa', '/nowhere'], 'not a folder with an index.html'],
  [['--ssr'], '--ssr goes with --spa and the address of a dev server'],
  [['--ssr', '--spa', '.'], '--ssr goes with --spa and the address of a dev server'],
  [['--persist', import.meta.filename], 'is not a folder'],
  [['--verbose'], "Unknown option '--verbose'"],
  [['--help=1'], '--help'],
  [['3000'], "Unexpected argument '3000'"],
])('%j is refused in one line', (args, text) => {
  const parse = () => parseOptions(args);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(text);
  expect(parse).not.toThrow(/\n/);
});

test.each([
  ['is missing', undefined, /: there is no such file$/],
  ['is not JSON', '{\n"clientSecret":"s3cret",}', /: it is not JSON \(line 2 column \d+\)$/],
  ['ends too early', '{"clientSecret":"s3cret"', /: it is not JSON/],
  ['is not an object', '["s3cret"]', /: it must be a JSON object$/],
])(
  'a configuration file that %s is refused in one line that does not quote it',
  async (_, content, reason) => {
    const folder = await mkdtemp(join(tmpdir(), 'options-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'bff.json');
    if (content !== undefined) await writeFile(path, content);
    const failure = await readConfigFile(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    const { message } = failure as UsageError;
    expect(message).toMatch(reason);
    expect(message.startsWith(`--config ${path}: `)).toBe(true);
    expect(message).not.toContain('s3cret');
    expect(message).not.toContain('\n');
  },
);

test('a folder is not a configuration file', async () => {
  await expect(readConfigFile(tmpdir())).rejects.toThrow('it is a folder');
});

const configured = (issuer: string) =>
  completeConfig({ issuer, clientId: '0oa1' }, { gatewayUrl: 'http://localhost:3000' });

async function publishing(more: object): Promise<string> {
  const { origin } = await serve((request, response) => {
    const metadata = {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      jwks_uri: `${origin}/keys`,
      ...more,
    };
    response.statusCode = request.url?.includes('well-known') ? 200 : 404;
    response.end(JSON.stringify(metadata));
  });
  return origin;
}

test('an issuer with usable metadata causes no warning', async () => {
  expect(await issuerWarning(configured(await publishing({})))).toBeUndefined();
});

test('an issuer that does not announce DPoP causes a warning of its own', async () => {
  expect(await dpopWarning(configured(await publishing({})))).toMatch(
    /^warning: .* does not announce DPoP.*Bearer/,
  );
  const knows = await publishing({ dpop_signing_alg_values_supported: ['ES256'] });
  expect(await dpopWarning(configured(knows))).toBeUndefined();
  expect(await dpopWarning(configured(await deadOrigin()))).toBeUndefined();
});

test('an issuer that cannot be reached causes a warning', async () => {
  expect(await issuerWarning(configured(await deadOrigin()))).toMatch(
    /^warning: .*cannot be fetched/,
  );
});

test('a log line becomes time, function, event and its own fields', () => {
  const line = JSON.stringify({
    level: 'INFO',
    message: 'proxy.completed',
    timestamp: '2026-11-21T04:00:00.000Z',
    service: 'bff',
    cold_start: true,
    method: 'GET',
    totalMs: 32,
  });
  const text = prettyLine('proxy', line, { color: false });
  expect(text).toMatch(/^\d\d:\d\d:00 proxy {4}proxy\.completed method=GET totalMs=32$/);
});

test('the metrics of a line say nothing to people', () => {
  const line = JSON.stringify({
    level: 'INFO',
    message: 'login.started',
    returnTo: 7,
    _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'login.started', Unit: 'Count' }] }] },
    'login.started': 1,
  });
  expect(prettyLine('auth', line, { color: false })).toMatch(/ auth {5}login\.started returnTo=7$/);
});

test('other lines are shown as they are', () => {
  expect(prettyLine('auth', 'plain words', { color: false })).toMatch(/ auth {5}plain words$/);
  expect(prettyLine('auth', '{broken', { color: false })).toContain('{broken');
});

test('errors and warnings stand out where colours are seen', () => {
  const error = JSON.stringify({ level: 'ERROR', message: 'request.failed' });
  expect(prettyLine('auth', error, { color: true })).toContain('\x1b[31mrequest.failed');
});
