// The function of docs/migrate-from-okta-auth-js.md, run as it stands there against what okta-auth-js 8 stores: the
// names in its lib/constants.ts, and those that its TokenManager appends to a cookie's.
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { Window } from 'happy-dom';
import { expect, test } from 'vitest';

const kinds = [
  'token',
  'transaction',
  'shared-transaction',
  'original-uri',
  'pkce',
  'idx-response',
  'cache',
];
const stored = kinds.map((kind) => `okta-${kind}-storage`);
const cookies = [
  'okta-oauth-redirect-params',
  'okta-oauth-state',
  'okta-oauth-nonce',
  'oktaStateToken',
  'okta-token-storage_accessToken',
  'okta-token-storage_idToken',
  'okta-token-storage_refreshToken',
];

async function forget(storageKey?: string) {
  const text = await readFile('docs/migrate-from-okta-auth-js.md', 'utf8');
  const blocks = text.split(/^```\w*$/m);
  const source = blocks.find((block) => block.includes('export function forgetOktaAuthJs')) ?? '';
  const { code } = await transform(source.replace('export ', ''), { loader: 'ts' });
  const { localStorage, sessionStorage, document } = new Window({ url: 'https://app.example/' });
  for (const storage of [localStorage, sessionStorage]) {
    for (const name of [...stored, 'my-own-key', 'okta-theme', 'theme']) storage.setItem(name, 'x');
  }
  for (const name of [...cookies, 'my-own-key_idToken', 'theme'])
    document.cookie = `${name}=x; path=/`;
  const deleted: string[] = [];
  const indexedDB = { deleteDatabase: (name: string) => deleted.push(name) };
  const parameters = { localStorage, sessionStorage, document, indexedDB };
  const call = `${code}; forgetOktaAuthJs(${JSON.stringify(storageKey)})`;
  new Function(...Object.keys(parameters), call)(...Object.values(parameters));
  return {
    left: [localStorage, sessionStorage].map((storage) => Object.keys(storage).sort()),
    cookies: document.cookie.split('; ').map((cookie) => cookie.replace(/=.*/, '')),
    deleted,
  };
}

test('an app forgets all that okta-auth-js stored, and nothing of its own', async () => {
  const own = ['my-own-key', 'okta-theme', 'theme'];
  expect(await forget()).toEqual({
    left: [own, own],
    cookies: ['my-own-key_idToken', 'theme'],
    deleted: ['OktaAuthJs'],
  });
});

test('an app forgets what okta-auth-js stored under a key of its own', async () => {
  const { left, cookies } = await forget('my-own-key');
  expect(left).toEqual([
    ['okta-theme', 'theme'],
    ['okta-theme', 'theme'],
  ]);
  expect(cookies).toEqual(['theme']);
});
