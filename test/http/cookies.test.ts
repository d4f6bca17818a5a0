import { describe, expect, test } from 'vitest';
import * as cookies from '#http/cookies.ts';
import { cookiesOf } from '#http/cookies.ts';

const secret = 'x'.repeat(43);

test('the session cookie has every attribute and no Domain, and is small', () => {
  const cookie = cookies.setSessionCookie(secret);
  expect(cookie).toBe(`__Host-Http-bff=${secret}; HttpOnly; Secure; SameSite=Strict; Path=/`);
  expect(cookie.length).toBeLessThan(200);
});

test('a login cookie is Lax, lives ten minutes and is named after its transaction', () => {
  expect(cookies.setLoginCookie('abc', secret)).toBe(
    `__Host-Http-bff-login-abc=${secret}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=600`,
  );
});

test('the login cookies of other tabs learn of the session; those that are finished or malformed do not', () => {
  const of = (id: string, value: string) => `__Host-Http-bff-login-${id}=${value}`;
  const [own, other, third] = ['a'.repeat(43), 'b'.repeat(43), 'c'.repeat(43)];
  const before = cookiesOf({
    cookies: [
      of('t0', own),
      of('t1', other),
      of('t2', `${third}.${'y'.repeat(43)}`),
      of('t3', 'x'),
    ],
  });
  const id = 'i'.repeat(43);
  expect(cookies.noteSession(before, id, 't0')).toEqual([
    cookies.setLoginCookie('t1', `${other}.${id}`),
    cookies.setLoginCookie('t2', `${third}.${id}`),
  ]);
});

test('clearing a cookie repeats every attribute that it was set with', () => {
  const attributes = (cookie: string) =>
    cookie.slice(cookie.indexOf(';')).replace(/; Max-Age=\d+/, '');
  expect(attributes(cookies.clearSessionCookie)).toBe(attributes(cookies.setSessionCookie(secret)));
  expect(attributes(cookies.clearLoginCookie('a'))).toBe(
    attributes(cookies.setLoginCookie('a', secret)),
  );
  expect(attributes(cookies.clearTries)).toBe(attributes(cookies.setTries(1)));
  for (const clear of [
    cookies.clearSessionCookie,
    cookies.clearLoginCookie('a'),
    cookies.clearTries,
  ]) {
    expect(clear).toMatch(/^[^=]+=; .*; Max-Age=0$/);
  }
});

describe('cookies of one name', () => {
  test.each([['__Host-Http-bff'], ['__Host-Http-bff-login-a'], ['__Host-Http-bff-tries']])(
    'two of %s are refused, even when they are equal',
    (name) => {
      expect(() => cookiesOf({ cookies: [`${name}=1`, 'other=1', `${name}=1`] })).toThrow(
        expect.objectContaining({ code: 'bad_request' }),
      );
    },
  );

  test('SP and HTAB around a name or a value are taken off, and nothing else', () => {
    const session = (cookie: string) => cookies.sessionCookie(cookiesOf({ cookies: [cookie] }));
    expect(session(` \t __Host-Http-bff\t=  ${secret}\t `)).toBe(secret);
    expect(session('__Host-Http-bff=\u00a0x\u3000')).toBe('\u00a0x\u3000');
    for (const blank of ['\u00a0', '\u000b', '\u000c', '\u0000', '\ufeff', '\u2003', '=']) {
      expect(session(`${blank}__Host-Http-bff=1`)).toBeUndefined();
      expect(session(`__Host-Http-bff${blank}=1`)).toBe(blank === '=' ? '=1' : undefined);
    }
  });

  test('a cookie without an equals sign is a value, and duplicates nothing', () => {
    const given = ['__Host-Http-bff', `__Host-Http-bff=${secret}`, '__Host-Http-bff-tries'];
    expect([...cookiesOf({ cookies: given })]).toEqual([['__Host-Http-bff', secret]]);
  });

  test('duplicate cookies that are not ours are ignored', () => {
    expect(cookiesOf({ cookies: ['a=1', 'a=2', 'b'] }).size).toBe(0);
  });
});

describe('login cookies do not pile up', () => {
  const started = (count: number) =>
    cookiesOf({
      cookies: Array.from({ length: count }, (_, i) => `__Host-Http-bff-login-t${i}=${secret}`),
    });

  test('four leave room for one more', () => {
    expect(cookies.clearOldestLogins(started(4))).toEqual([]);
  });

  test('from five on the oldest go', () => {
    expect(cookies.clearOldestLogins(started(5))).toEqual([cookies.clearLoginCookie('t0')]);
    expect(cookies.clearOldestLogins(started(7))).toHaveLength(3);
  });

  test('a name that could break out of a Set-Cookie is left alone', () => {
    const hostile = cookiesOf({
      cookies: Array.from({ length: 6 }, (_, i) => `__Host-Http-bff-login-;\r\nx${i}=1`),
    });
    expect(cookies.clearOldestLogins(hostile)).toEqual([]);
  });
});

test('the count of tries is a digit or nothing', () => {
  const tries = (value: string) =>
    cookies.triesOf(cookiesOf({ cookies: [`__Host-Http-bff-tries=${value}`] }));
  expect(tries('2')).toBe(2);
  for (const value of ['', '0', '-1', '99', '1e9', 'x']) expect(tries(value), value).toBe(0);
});
