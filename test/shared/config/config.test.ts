import { describe, expect, test } from 'vitest';
import type { ConfigPlace } from '#shared/config/contradictions.ts';
import { placeOfDeployment, readEnvironment } from '#shared/config/environment.ts';
import { ConfigError } from '#shared/config/faults.ts';
import { parseConfig } from '#shared/config/parse.ts';
import { warningsOf } from '#shared/config/warnings.ts';

const least = {
  issuer: 'https://acme.okta.example',
  clientId: '0oa1',
  publicOrigin: 'https://app.example',
};
const faultsOf = (input: unknown, place: ConfigPlace = 'deployed'): string[] => {
  try {
    parseConfig(input, place);
    return [];
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.faults;
    throw fault;
  }
};

test('a MAC algorithm, or none, cannot be configured', () => {
  for (const keySpec of ['HMAC_256', 'none', 'HS256', '']) {
    expect(faultsOf({ ...least, dpop: { keySpec } }), keySpec).toHaveLength(1);
  }
});

test('three fields are enough: the rest is safe by default', () => {
  expect(parseConfig(least, 'deployed')).toMatchObject({
    clientAuth: 'private_key_jwt',
    par: 'auto',
    trustedAudiences: [],
    dpop: { keySpec: 'ECC_NIST_P256', required: true },
    session: { idleMinutes: 30, absoluteHours: 12 },
    thirdPartyLogin: false,
    routes: [
      {
        path: '/bff/api/v1/*',
        upstream: 'https://acme.okta.example/api/v1',
        methods: ['GET', 'HEAD'],
        token: 'dpop',
      },
    ],
  });
});

test('the public origin is written as browsers write it, whatever its case, port and slash', () => {
  for (const [given, origin] of [
    ['https://App.Acme.com/', 'https://app.acme.com'],
    ['https://app.acme.com:443', 'https://app.acme.com'],
    ['http://LOCALHOST:3000/', 'http://localhost:3000'],
  ]) {
    expect(parseConfig({ ...least, publicOrigin: given }, 'local').publicOrigin).toBe(origin);
  }
});

test('header names of a route may be written in any case', () => {
  const names = { requestHeaders: ['X-Mine'], responseHeaders: ['X-Theirs'] };
  expect(parseConfig({ ...least, routes: [route(names)] }, 'deployed').routes).toMatchObject([
    { requestHeaders: ['x-mine'], responseHeaders: ['x-theirs'] },
  ]);
  const faults = faultsOf({ ...least, routes: [route({ requestHeaders: ['Cookie'] })] });
  expect(faults).toEqual(['routes[0].requestHeaders[0]: is never passed on']);
});

test('with streaming, every configured route streams unless it says otherwise', () => {
  const routes = [
    route(),
    route({ path: '/bff/api/b/*', stream: false }),
    route({ path: '/bff/api/c/*', rewriteLinks: true }),
  ];
  const streams = (streaming: boolean) =>
    parseConfig({ ...least, streaming, routes }, 'deployed').routes.map(({ stream }) => stream);
  expect(streams(true)).toEqual([true, false, false]);
  expect(streams(false)).toEqual([false, false, false]);
  expect(parseConfig({ ...least, streaming: true }, 'deployed').routes).toMatchObject([
    { path: '/bff/api/v1/*', stream: false },
  ]);
});

test('a parsed configuration parses to itself: a function reads what the stack wrote', () => {
  for (const more of [{}, { profile: 'fapi2' }, { routes: [route()] }]) {
    const config = parseConfig({ ...least, ...more }, 'deployed');
    const env = {
      BFF_CONFIG: JSON.stringify(config),
      BFF_TABLE: 't',
      BFF_DPOP_KEY: 'a',
      BFF_ASSERTION_KEY: 'b',
    };
    expect(readEnvironment(env).config).toEqual(config);
  }
});

test.each(['0oa 1', '0oä1', '0oa1\n', ''])(
  'the client id %j is refused in words that say why',
  (clientId) => {
    expect(faultsOf({ clientId })).toContainEqual(
      'clientId: must be 1 to 255 printable ASCII characters, without spaces',
    );
  },
);

test('one error names every wrong and every unknown field', () => {
  const faults = faultsOf({
    issuer: 'http://acme.okta.example',
    publicOrigin: 'https://app.example/path',
    typo: true,
    par: 'maybe',
    clientSecret: 's',
    dpop: { required: false },
    session: { idleMinutes: '5', idle: 1 },
    routes: [{ path: '/api/*', upstream: 'ftp://x', methods: ['TRACE'], timeoutMs: 0 }],
  });
  for (const field of [
    'issuer',
    'clientId: is missing',
    'publicOrigin',
    'typo: unknown field',
    'par',
    'clientSecret',
    'dpop.required',
    'session.idleMinutes',
    'session.idle: unknown field',
    'routes[0].path',
    'routes[0].upstream',
    'routes[0].methods',
    'routes[0].timeoutMs: must be at least 1',
  ]) {
    expect(
      faults.some((fault) => fault.startsWith(field)),
      field,
    ).toBe(true);
  }
});

test('keys are rotated by themselves where keyRotation says after how many days', () => {
  expect(parseConfig(least, 'deployed').keyRotation).toBeUndefined();
  const config = parseConfig({ ...least, keyRotation: { everyDays: 90 } }, 'deployed');
  expect(config.keyRotation).toEqual({ everyDays: 90, retire: true });
  for (const keyRotation of [{}, { everyDays: 0 }, { everyDays: 1.5 }, { everyDays: 3651 }]) {
    expect(faultsOf({ ...least, keyRotation }).join()).toMatch(/^keyRotation\.everyDays: /);
  }
});

test('the environment names every missing variable at once', () => {
  expect(() => readEnvironment({})).toThrow(/BFF_CONFIG.*BFF_TABLE.*BFF_DPOP_KEY/s);
});

describe('contradictions', () => {
  test.each([
    [
      'a secret in a deployed configuration',
      { clientAuth: 'client_secret_post', clientSecret: 's' },
      'clientSecret',
    ],
    ['a secret method without a secret', { clientAuth: 'client_secret_basic' }, 'clientSecretArn'],
    ['an ARN that nothing reads', { clientSecretArn: 'arn:aws:x' }, 'clientSecretArn'],
    [
      'FAPI 2.0 with a secret',
      { profile: 'fapi2', clientAuth: 'client_secret_post', clientSecretArn: 'a' },
      'clientAuth',
    ],
    ['FAPI 2.0 without PAR', { profile: 'fapi2', par: 'auto' }, 'par'],
    [
      'FAPI 2.0 with endpoint audiences',
      { profile: 'fapi2', assertionAudience: 'endpoint' },
      'assertionAudience',
    ],
    ['FAPI 2.0 with RS256', { profile: 'fapi2', dpop: { keySpec: 'RSA_2048' } }, 'dpop.keySpec'],
    [
      'rebinding for a public client',
      { clientAuth: 'none', dpop: { rebindOnRefresh: true } },
      'dpop.rebindOnRefresh',
    ],
    [
      'an idle time beyond the end',
      { session: { idleMinutes: 120, absoluteHours: 1 } },
      'session.idleMinutes',
    ],
    [
      'a whole host by accident',
      { routes: [route({ upstream: 'https://api.example' })] },
      'routes[0].upstream',
    ],
    ['the same path twice', { routes: [route(), route()] }, 'routes[1].path'],
    [
      'a streaming route without the front for it',
      { routes: [route({ stream: true })] },
      'routes[0].stream',
    ],
    [
      'links rewritten in a body that streams',
      { streaming: true, routes: [route({ stream: true, rewriteLinks: true })] },
      'routes[0].rewriteLinks',
    ],
    [
      'a stream longer than Lambda allows',
      { streaming: true, streams: { maxSeconds: 900 } },
      'streams.maxSeconds',
    ],
    [
      'a download route without GET',
      { routes: [route({ navigable: true, methods: ['POST'] })] },
      'routes[0].navigable',
    ],
    [
      'a token audience for no token',
      { routes: [route({ token: 'none', resource: 'https://a.example' })] },
      'routes[0].token',
    ],
  ])('%s is named', (_name, more, field) => {
    expect(faultsOf({ ...least, ...more }).map((fault) => fault.split(':')[0])).toContain(field);
  });

  test('a secret in the clear is for this machine only', () => {
    const config = { ...least, clientAuth: 'client_secret_post', clientSecret: 's' };
    expect(faultsOf(config, 'local')).toEqual([]);
    expect(faultsOf(config, 'deployed')).toHaveLength(2);
  });
});

test('no route can pass on credentials or set cookies', () => {
  const credentials = ['authorization', 'proxy-authorization', 'cookie', 'dpop'];
  for (const name of [...credentials, 'host', 'x-forwarded-for', 'origin']) {
    expect(faultsOf({ ...least, routes: [route({ requestHeaders: [name] })] }), name).toHaveLength(
      1,
    );
  }
});

test('no route can pass back a header that a browser, a cache or our client acts on by itself', () => {
  const fault = (name: string) =>
    faultsOf({ ...least, routes: [route({ responseHeaders: [name] })] });
  const credentials = ['Set-Cookie', 'WWW-Authenticate', 'DPoP-Nonce', 'Proxy-Authenticate'];
  const kept = ['Set-Login', 'Secure-Session-Registration', 'Secure-Session-Challenge'];
  const session = ['Sec-Session-Registration', 'Activate-Storage-Access', 'X-BFF-Answer'];
  const fetched = ['Refresh', 'Alt-Svc', 'NEL', 'Report-To', 'Reporting-Endpoints', 'Expect-CT'];
  const more = ['Speculation-Rules', 'Service-Worker-Allowed', 'SourceMap', 'Use-As-Dictionary'];
  const ahead = ['Supports-Loading-Mode', 'X-DNS-Prefetch-Control', 'X-SourceMap'];
  const stored = ['IdP-SignIn-Status', 'Public-Key-Pins', 'Critical-CH'];
  const origin = ['Clear-Site-Data', 'Content-Security-Policy-Report-Only', 'Permissions-Policy'];
  const policies = ['Access-Control-Allow-Origin', 'Origin-Trial', 'Accept-CH', 'X-Frame-Options'];
  const caches = ['Cache-Control', 'Expires', 'Age', 'Vary', 'Pragma', 'No-Vary-Search'];
  const servers = ['X-Accel-Redirect', 'X-Sendfile', 'Content-Encoding', 'Transfer-Encoding'];
  for (const name of [
    ...[...credentials, ...kept, ...session, ...fetched, ...more, ...ahead, ...stored],
    ...[...origin, ...policies, ...caches, ...servers],
  ]) {
    expect(fault(name), name).toEqual([
      'routes[0].responseHeaders[0]: is never passed back: a browser, a cache or the broker’s client acts on it',
    ]);
  }
  for (const name of ['X-Total-Count', 'ETag', 'Deprecation', 'Sunset', 'X-RateLimit-Limit']) {
    expect(fault(name), name).toEqual([]);
  }
});

describe('plain http, which only a stand-in on this machine may speak', () => {
  const places: [string, (url: string) => Record<string, unknown>][] = [
    ['issuer', (issuer) => ({ issuer })],
    ['publicOrigin', (publicOrigin) => ({ publicOrigin })],
    ['routes[0].upstream', (origin) => ({ routes: [route({ upstream: `${origin}/things` })] })],
    ['routes[0].resource', (origin) => ({ routes: [route({ resource: `${origin}/things` })] })],
  ];
  const elsewhere = [
    'http://api.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'ftp://localhost',
  ];

  test.each(places)('is refused for %s', (field, at) => {
    for (const url of elsewhere) {
      expect(faultsOf({ ...least, ...at(url) }), url).toEqual([
        `${field}: must be https (http only on this machine)`,
      ]);
    }
  });

  test.each(places)('is accepted on this machine, for %s', (_field, at) => {
    for (const url of ['http://localhost:3000', 'http://127.0.0.1:3001', 'http://[::1]:1']) {
      expect(faultsOf({ ...least, ...at(url) }, 'local'), url).toEqual([]);
    }
  });
});

describe('a deployment, whose functions would find themselves there,', () => {
  const fields: [string, (url: string) => Record<string, unknown>][] = [
    ['issuer', (issuer) => ({ issuer })],
    ['publicOrigin', (publicOrigin) => ({ publicOrigin })],
    ['routes[0].upstream', (origin) => ({ routes: [route({ upstream: `${origin}/things` })] })],
  ];
  const own = [
    'http://localhost:3000',
    'https://localhost',
    'https://LOCALHOST.',
    'https://api.localhost',
    'https://localhost.localdomain',
    'http://127.0.0.1:9001',
    'https://127.255.255.254',
    'https://127.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://127.0.0.1.',
    'https://0.0.0.0',
    'https://0',
    'https://169.254.169.254',
    'https://0xa9fea9fe',
    'https://169.254.100.1',
    'https://[::1]',
    'https://[::]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:a9fe:a9fe]',
    'https://[::127.0.0.1]',
    'https://[64:ff9b::7f00:1]',
    'https://[fe80::1]',
    'https://[febf::1]',
    'https://[fd00:ec2::254]',
    'https://instance-data.ec2.internal',
  ];
  const others = [
    'https://acme.okta.com',
    'https://10.0.0.1',
    'https://192.168.1.1',
    'https://128.0.0.1',
    'https://169.253.1.1',
    'https://[2606:4700::1111]',
    'https://[fd00:ec3::1]',
    'https://[fec0::1]',
    'https://localhost.example',
    'https://127.0.0.1.example',
  ];

  test.each(fields)('cannot have an address of its own machine as %s', (field, at) => {
    for (const url of own) {
      expect(faultsOf({ ...least, ...at(url) }, 'deployed'), url).toEqual([
        `${field}: is an address of the machine itself, which in AWS is the function's own`,
      ]);
    }
    for (const url of others)
      expect(faultsOf({ ...least, ...at(url) }, 'deployed'), url).toEqual([]);
  });

  test('names every such field in one error, beside other faults', () => {
    const url = 'http://127.0.0.1:9001';
    const faults = faultsOf({
      ...least,
      issuer: url,
      publicOrigin: url,
      routes: [route(), route({ path: '/bff/api/other/*', upstream: `${url}/2018-06-01` })],
      scopes: ['profile'],
    });
    expect(faults.map((fault) => fault.split(':')[0]).toSorted()).toEqual([
      'issuer',
      'publicOrigin',
      'routes[1].upstream',
      'scopes',
    ]);
  });

  test.each([
    ['http://127.0.0.1:4566', 'emulated'],
    ['http://localhost:4566', 'emulated'],
    ['https://dynamodb.eu-west-1.amazonaws.com', 'deployed'],
    ['http://emulator.example', 'deployed'],
    ['not a URL', 'deployed'],
    [undefined, 'deployed'],
  ])('goes to an emulator only where AWS_ENDPOINT_URL is %s: %s', (AWS_ENDPOINT_URL, place) => {
    expect(placeOfDeployment({ ...(AWS_ENDPOINT_URL && { AWS_ENDPOINT_URL }) })).toBe(place);
  });

  test('to an emulator may have them, and still no secret in the clear', () => {
    for (const [, at] of fields) {
      expect(faultsOf({ ...least, ...at('http://127.0.0.1:3001') }, 'emulated')).toEqual([]);
    }
    const secret = { clientAuth: 'client_secret_basic', clientSecret: 'x' };
    expect(faultsOf({ ...least, ...secret }, 'emulated')).toHaveLength(2);
  });
});

describe('users are found by their e-mail address', () => {
  test('where the scopes ask for it, as they do by default', () => {
    for (const scopes of [undefined, ['openid', 'email']]) {
      expect(warningsOf(parseConfig({ ...least, ...(scopes && { scopes }) }, 'local'))).toEqual([]);
    }
  });

  test('or the configuration brings a warning that says what will not work', () => {
    const [warning, ...more] = warningsOf(parseConfig({ ...least, scopes: ['openid'] }, 'local'));
    expect(more).toEqual([]);
    expect(warning?.code).toBe('no_email_scope');
    expect(warning?.says).toMatch(
      /^scopes: without email .*Universal Logout.*sessions revoke --user/,
    );
  });
});

describe('sessions that are to be bound to a device', () => {
  const codes = (more: object) =>
    warningsOf(parseConfig({ ...least, ...more }, 'local')).map(({ code }) => code);
  const http = { publicOrigin: 'http://localhost:3000' };

  test.each(['prefer', 'require'])('bring a warning over plain http: %s', (deviceBound) => {
    expect(codes({ ...http, session: { deviceBound } })).toEqual(['bound_over_http']);
    expect(codes({ publicOrigin: 'https://localhost:3000', session: { deviceBound } })).toEqual([]);
  });

  test('bring none where they are off', () => {
    expect(codes(http)).toEqual([]);
  });
});

test.each([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-original-host',
  'x-rewrite-url',
  'x-real-ip',
  'true-client-ip',
  'x-bff-origin',
  'X-BFF-Origin',
  'x-bff-csrf',
  'x-bff-anything',
  'x-amzn-trace-id',
  'x-amzn-oidc-data',
  'x-amz-cf-id',
  'cloudfront-viewer-address',
  'via',
  'host',
  'x-host',
  'connection',
  'proxy-connection',
  'http2-settings',
  'accept-encoding',
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'dpop',
  'dpop-nonce',
  'forwarded',
  'x-forwarded',
  'x-forwarded-for',
  'forwarded-for',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'client-ip',
  'x-envoy-original-path',
])('no route can pass on %s, which could contradict the call itself', (name) => {
  expect(faultsOf({ ...least, routes: [route({ requestHeaders: [name] })] })).toEqual([
    'routes[0].requestHeaders[0]: is never passed on',
  ]);
});

test.each([
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])(
  'no route can pass on %s, which belongs to one connection or to the framing of one message',
  (name) => {
    expect(faultsOf({ ...least, routes: [route({ requestHeaders: [name] })] })).toHaveLength(1);
  },
);

test.each(['/a%2Fb*', '/a%20b', '/x?y*', '/x#y', '/a\\b', '//x', '/a/../b', '/./b', '/a\u0000'])(
  'a denial that matches no path is refused: %j',
  (pattern) => {
    expect(faultsOf({ ...least, routes: [route({ deny: ['/fine*', pattern] })] })).toEqual([
      'routes[0].deny[1]: can match no path: write it decoded and plain',
    ]);
  },
);

test('a denial may be any plain path', () => {
  const deny = ['/sessions*', '*/tokens', '*', '/a b', '/ž', '/100%', '/.well-known/*', '/a..b'];
  expect(faultsOf({ ...least, routes: [route({ deny })] })).toEqual([]);
});

test.each([
  '/bff/api/../login',
  '/bff/api/%2e',
  '/bff/api//*',
  '/bff/apix/*',
  '/bff/api/*/x',
  '/bff/login',
])('a route cannot have the path %s', (path) => {
  expect(faultsOf({ ...least, routes: [route({ path })] })).toHaveLength(1);
});

function route(more: Record<string, unknown> = {}) {
  return { path: '/bff/api/things/*', upstream: 'https://api.example/things', ...more };
}

test('the look of the pages takes a name, a logo of the application’s own or a small image, and a colour', () => {
  const pages = { name: 'Acme & Söhne', logo: '/img/logo.svg', color: '#2F5bd7' };
  expect(parseConfig({ ...least, pages }, 'deployed').pages).toEqual(pages);
  expect(faultsOf({ ...least, pages: { logo: 'data:image/svg+xml,%3Csvg/%3E' } })).toEqual([]);
});

test.each([
  [{ name: '' }],
  [{ name: 'a'.repeat(61) }],
  [{ name: 'a\nb' }],
  [{ logo: 'https://evil.example/logo.svg' }],
  [{ logo: '//evil.example/logo.svg' }],
  [{ logo: '/bff/logout' }],
  [{ logo: '/a"onerror=' }],
  [{ logo: 'data:text/html,x' }],
  [{ logo: 'javascript:alert(1)' }],
  [{ logo: `data:image/png;base64,${'A'.repeat(1500)}` }],
  [{ color: 'red' }],
  [{ color: '#fff' }],
  [{ color: '#ffffff;}' }],
  [{ fonts: 'x' }],
])('a look of %j is refused', (pages) => {
  expect(faultsOf({ ...least, pages })).toHaveLength(1);
});
