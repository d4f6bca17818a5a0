import { expect, test } from 'vitest';
import { optionsOf } from './options.ts';

const where = ['--profile', 'sandbox', '--region', 'eu-west-1'];

test('an authorization server is named by issuer and client id', () => {
  const server = { issuer: 'https://acme.okta.com', clientId: '0oa1' };
  expect(
    optionsOf([...where, '--issuer', server.issuer, '--client-id', server.clientId]),
  ).toMatchObject({ profile: 'sandbox', region: 'eu-west-1', server, tunnel: undefined });
});

test('a tunnel takes their place', () => {
  expect(
    optionsOf([...where, '--tunnel', 'https://a.example.com', '--port', '3901']),
  ).toMatchObject({ tunnel: { origin: 'https://a.example.com', port: 3901 } });
});

test.each([
  [[], 'missing: profile, region, issuer, client-id'],
  [[...where, '--issuer', 'https://acme.okta.com'], 'missing: client-id'],
  [[...where, '--tunnel', 'http://a.example.com'], '--tunnel must be an https origin'],
  [[...where, '--tunnel', 'https://a.example.com/x'], '--tunnel must be an https origin'],
  [[...where, '--tunnel', 'https://a.b', '--issuer', 'https://c.d'], 'takes the place of --issuer'],
  [[...where, '--tunnel', 'https://a.b', '--port', 'x'], '--port must be a number'],
  [['--tunel', 'https://a.b'], "Unknown option '--tunel'"],
])('%j is refused: %s', (args, fault) => {
  const options = optionsOf(args) as { faults: string[] };
  expect(options.faults.join('\n')).toContain(fault);
});
