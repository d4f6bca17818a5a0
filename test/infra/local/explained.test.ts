import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { explained } from '#infra/local/demo/browser/explained.ts';
import { injected } from '#infra/local/demo/overlay/inject.ts';
import { downgradedText } from '#infra/local/okta/people/challenges.ts';
import { proofTexts, useNonceText } from '#infra/local/okta/server/oauth-errors.ts';

test.each([
  ...Object.entries(proofTexts),
  ['useNonce', useNonceText],
  ['downgraded', downgradedText],
])('the refusal "%s" is explained: what was wrong, and what to do', (_name, text) => {
  const found = explained(text);
  expect(found?.what).toMatch(/\w/);
  expect(found?.todo).toMatch(/\.$/);
});

test.each([
  [proofTexts.htu, 'htu'],
  [proofTexts.ath, 'ath'],
  [proofTexts.used, 'jti'],
  [proofTexts.binding, 'jwk'],
  [proofTexts.future, 'iat'],
  [useNonceText, 'nonce'],
])('%s is about %s', (text, claim) => {
  expect(explained(text)?.what).toBe(claim);
});

test('what has nothing to do with proofs is not explained', () => {
  expect(explained('The refresh token is invalid or expired.')).toBeUndefined();
  expect(explained(undefined)).toBeUndefined();
});

const page = '<!doctype html><html><head><title>a</title></head><body>ü</body></html>';
const markup = '<script src="/x.js"></script>';

async function served(path: string, headers: Record<string, string>) {
  const app = injected((req, res) => {
    if (req.url === '/data')
      return res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    if (req.url === '/empty') return res.writeHead(304, { etag: '"1"' }).end();
    const packed =
      req.headers['accept-encoding'] !== undefined || req.rawHeaders.includes('Accept-Encoding');
    if (packed || req.headers['if-none-match'])
      return res.writeHead(500).end(brotliCompressSync(page));
    res.writeHead(200, [
      'Content-Type',
      'text/html',
      'Content-Length',
      `${Buffer.byteLength(page)}`,
      'ETag',
      '"1"',
    ]);
    res.write(page.slice(0, 20));
    return res.end(page.slice(20));
  }, markup);
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return new Promise<{ status?: number; headers: object; text: string }>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
      );
    })
      .on('error', reject)
      .end();
  });
}

const navigation = {
  'sec-fetch-dest': 'document',
  'Accept-Encoding': 'br',
  'if-none-match': '"1"',
};

test('the panel’s script is added to a document, whole and uncompressed, and to nothing else', async () => {
  const shown = await served('/', navigation);
  expect(shown.status).toBe(200);
  expect(shown.text).toBe(page.replace('</head>', `${markup}</head>`));
  expect(shown.headers).not.toHaveProperty('etag');
  expect((await served('/data', navigation)).text).toBe('{}');
  expect((await served('/empty', navigation)).status).toBe(304);
  expect((await served('/', { 'sec-fetch-dest': 'empty' })).text).toBe(page);
});
