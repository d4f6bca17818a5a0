// A session opens only as what it was sealed as: what its content lacks is not found missing later, in the middle of a call.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newSecret } from '#core/lib/encoding.ts';
import { seal } from '#core/session/seal.ts';
import { newRecord, openSession, type SessionContent } from '#core/session/session.ts';
import { memoryKey } from '#test/support/keys.ts';
import { memorySessions } from '#test/support/memory-sessions.ts';
import { aConfig } from '#test/support/routes.ts';

const clock = { now: () => 1_800_000_000_000 };
const held = { token: 'at', expiresAt: 1_800_003_600, renewAt: 1_800_003_540 };
const sound: SessionContent = { subject: 'ada', access: { '': held }, claims: {} };

/** What opens when this was sealed for the session's own place, under its own cookie. */
async function opened(content: unknown) {
  const sessions = memorySessions(clock);
  const secret = newSecret((size) => randomBytes(size));
  const record = newRecord({ config: aConfig(), clock }, secret, {
    key: await memoryKey(),
    content: sound,
    index: { subject: 'subject' },
    stepUps: 0,
  });
  const sealed = seal(secret, `${record.id}.${record.version}`, content);
  await sessions.create({ ...record, sealed });
  return (await openSession({ sessions, clock }, secret))?.content;
}

test.each<[string, unknown]>([
  ['the least', sound],
  [
    'everything',
    {
      ...sound,
      startedAt: 1.5,
      access: { '': held, 'https://api.example': { ...held, replacedAt: 1 } },
      refreshToken: 'rt',
      idToken: 'it',
      scope: 'openid',
      claims: { email: 'ada@example.com' },
      acr: 'a',
      amr: ['pwd'],
      authTime: 1,
      bound: true,
      refused: { since: 1, last: 2 },
    },
  ],
  ['what a later version added', { ...sound, later: { than: 'this' } }],
])('a session opens with %s', async (_, content) => {
  expect(await opened(content)).toEqual(content);
});

test.each<[string, unknown]>([
  ['is no object', 'text'],
  ['is a list', [sound]],
  ['has no subject', { ...sound, subject: undefined }],
  ['has no claims', { ...sound, claims: undefined }],
  ['has no access tokens', { ...sound, access: undefined }],
  ['has a list of access tokens', { ...sound, access: [held] }],
  ['has an access token without an end', { ...sound, access: { '': { token: 'at' } } }],
  ['has an access token that is no text', { ...sound, access: { '': { ...held, token: 1 } } }],
  ['has a refresh token that is no text', { ...sound, refreshToken: {} }],
  ['has methods that are no texts', { ...sound, amr: [1] }],
  ['has half a refusal', { ...sound, refused: { since: 1 } }],
])('a session does not open whose content %s', async (_, content) => {
  expect(await opened(content)).toBeUndefined();
});
