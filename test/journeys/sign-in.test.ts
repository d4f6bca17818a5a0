import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type System, startSystem } from '#infra/local/system.ts';
import { visitor } from '#test/support/visitor.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ port: 0, oktaPort: 0, lambdaPort: 0 });
});
afterAll(() => system?.close());

const someone = () => visitor(system.url);

describe('signing in', () => {
  test('ends where it began, with a session that shows the user and no token', async () => {
    const ada = someone();
    const end = await ada.signIn('ada', { login: '/bff/login?return_to=/users%3Fpage%3D2' });
    expect(end.url.href).toBe(`${system.url}/users?page=2`);
    const session = await ada.fetch('/bff/session');
    expect(session.json()).toMatchObject({
      authenticated: true,
      user: { name: 'Ada Lovelace', email: 'ada@example.com' },
      expires_at: expect.any(Number),
      idle_expires_at: expect.any(Number),
    });
    expect(session.text).not.toMatch(/eyJ/);
    expect(ada.cookieNames().filter((name) => name.includes('login'))).toEqual([]);
  });

  test('out of the application ends the session there and at Okta', async () => {
    const ada = someone();
    await ada.signIn();
    const cookie = ada.cookie('__Host-Http-bff');
    const end = await ada.navigate('/bff/logout', { form: {} });
    // Okta tells the other apps in frames of its page, which then leads back.
    expect(end.text).toContain(`url=${system.url}/"`);
    expect((await ada.fetch('/bff/session')).json()).toEqual({ authenticated: false });
    ada.plant('__Host-Http-bff', cookie ?? '');
    expect((await ada.fetch('/bff/session')).json()).toEqual({ authenticated: false });
    // OKT-42: Okta asks again.
    const again = await ada.navigate('/bff/login');
    expect(again.url.origin).toBe(system.okta?.issuer);
  });
});
