// A browser that cannot bind its session to its device, where the configuration requires it (docs/device-bound.md): what
// its person meets.
import { expect, test } from 'vitest';
import { boundSessions, secondsNow } from '#test/support/bound-sessions.ts';
import { aDevice, offered, postProof, signInBound } from '#test/support/device.ts';
import { codeOf, running, sessionName } from '#test/support/running.ts';
import { begin } from '#test/support/sign-in-steps.ts';
import type { Visitor } from '#test/support/visitor.ts';

const run = running({
  config: {
    session: { deviceBound: 'require' },
    pages: { name: 'Acme', color: '#123456' },
  },
});
const { itemOf, setTimes } = boundSessions(run);
const api = '/bff/api/v1/users?limit=1';

/** Signed in a minute ago, and no key came. */
async function unbound(): Promise<Visitor> {
  const ada = run.someone();
  await offered(ada);
  expect((await ada.fetch(api)).status).toBe(200);
  await setTimes(ada, { createdAt: secondsNow() - 60 });
  return ada;
}

const login = '/bff/login?return_to=%2Forders%3Fpage%3D2%23last';
const signInAgain = (visit: Visitor, headers = {}) =>
  visit.navigate(login, { headers, until: () => true });

test('a browser that did not bind in time is told why, once its calls are refused', async () => {
  const ada = await unbound();
  const refused = await ada.fetch(api);
  expect([refused.status, codeOf(refused)]).toEqual([401, 'device_proof_required']);
  const from = run.system.logs.length;
  const page = await signInAgain(ada);
  expect(page.status).toBe(403);
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.text).toContain('This browser has not tied your sign-in to this device');
  expect(page.text).toContain('Acme');
  expect(page.text).toContain('--accent:#123456');
  expect(page.text).toContain(`href="${login.replace('&', '&#38;')}"`);
  await expect.poll(() => run.logged('device.not_bound', from)).toHaveLength(1);
  // Such browsers are no failure of the sign-in: the alarm on failures would ring for as long as people use them.
  expect(run.logged('login.rejected', from)).toEqual([]);
  expect(run.logged('session.ended', from)).toEqual([
    expect.objectContaining({ why: 'not_bound' }),
  ]);
  expect(run.logged('login.started', from)).toEqual([]);
});

test('its refused calls are counted as people locked out, and not as devices that were not proven', async () => {
  const ada = await unbound();
  const from = run.system.logs.length;
  for (const path of [api, '/bff/session']) {
    expect(codeOf(await ada.fetch(path))).toBe('device_proof_required');
  }
  await expect.poll(() => run.logged('device.locked_out', from)).toHaveLength(2);
  await expect.poll(() => run.logged('request.failed', from)).toHaveLength(2);
  expect(run.logged('device.not_proven', from)).toEqual([]);
});

test.each([
  ['de', 'Dieser Browser hat Ihre Anmeldung nicht an dieses Gerät gebunden'],
  ['fr', 'Ce navigateur n’a pas lié votre connexion à cet appareil'],
  ['es', 'Este navegador no ha vinculado su inicio de sesión a este dispositivo'],
  ['ja', 'このブラウザーはサインインをこのデバイスに結び付けませんでした'],
])('it is told so in its own language: %s', async (language, title) => {
  const page = await signInAgain(await unbound(), { 'accept-language': language });
  expect(page.headers['content-language']).toBe(language);
  expect(page.text).toContain(`<h1>${title}</h1>`);
});

test('another try begins a sign-in, and a browser that binds this time goes on', async () => {
  const ada = await unbound();
  expect((await signInAgain(ada)).status).toBe(403);
  const authorization = await begin(ada, login);
  expect(authorization.origin).toBe(new URL(run.okta.issuer).origin);
  await signInBound(ada);
  expect((await ada.fetch(api)).status).toBe(200);
  await begin(ada, login);
});

test('a session that is bound, or may still be, meets no such page at the next sign-in', async () => {
  const ada = run.someone();
  await signInBound(ada);
  await setTimes(ada, { createdAt: secondsNow() - 3600 });
  await begin(ada, login);
  const early = run.someone();
  await offered(early);
  await begin(early, login);
  expect((await early.fetch(api)).status).toBe(200);
});

test('a session from before the configuration asked for keys is asked at its next sign-in', async () => {
  await run.system.redeploy({ session: { deviceBound: 'off' } });
  const ada = await run.signedIn();
  await run.system.redeploy({});
  expect(codeOf(await ada.fetch(api))).toBe('device_proof_required');
  await begin(ada, login);
  await signInBound(ada);
  expect((await ada.fetch(api)).status).toBe(200);
});

test('nobody else can end the session in this way: another site sends no cookie along', async () => {
  const ada = await unbound();
  const page = await ada.navigate(login, { from: 'https://evil.example', until: () => true });
  expect(page.status).toBe(200);
  expect(await itemOf(ada)).toBeDefined();
});

test('the page does no more than the person asked for: a fetch of it ends nothing', async () => {
  const ada = await unbound();
  const answer = await ada.fetch(login);
  expect([answer.status, codeOf(answer)]).toEqual([400, 'bad_request']);
  expect(await itemOf(ada)).toBeDefined();
});

test('under prefer, the same browser signs in again without a word, and its calls work', async () => {
  await run.system.redeploy({ session: { deviceBound: 'prefer' } });
  const ada = await unbound();
  expect((await ada.fetch(api)).status).toBe(200);
  await begin(ada, login);
  await run.system.redeploy({});
});

test('signing out works for a browser that did not bind', async () => {
  const ada = await unbound();
  expect((await ada.fetch('/bff/logout', { method: 'POST' })).status).toBe(204);
  expect(ada.cookie(sessionName)).toBeUndefined();
  await begin(ada, login);
});

test('a key that comes with the second try is bound to the new session only', async () => {
  const ada = await unbound();
  await signInAgain(ada);
  const challenge = await offered(ada);
  const device = await aDevice();
  expect((await postProof(ada, 'register', await device.registration(challenge))).status).toBe(200);
  expect((await ada.fetch('/bff/session')).json()).toMatchObject({ bound: true });
});

test('a circle of sign-ins whose sessions are bound without their browser ends in the page as well', async () => {
  const ada = run.someone();
  for (const _try of [1, 2]) {
    const challenge = await offered(ada);
    const elsewhere = run.someone();
    // The answer with the bound cookie gets lost on its way.
    const device = await aDevice();
    await postProof(elsewhere, 'register', await device.registration(challenge));
    expect(codeOf(await ada.fetch(api))).toBe('device_proof_required');
  }
  const from = run.system.logs.length;
  const page = await signInAgain(ada);
  expect(page.status).toBe(403);
  expect(page.text).toContain('This browser has not tied your sign-in to this device');
  await expect
    .poll(() => run.logged('login.rejected', from).map(({ code }) => code))
    .toEqual(['loop']);
  await begin(ada, login);
});
