// Sessions bound to a key in the browser's device (docs/device-bound.md): how it is done, and what does not get through.
// The keys are made here, and every attack runs through gateway, function and table.
import { base64url, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { throttled } from '#infra/local/aws/endpoint.ts';
import { anotherBrowser } from '#infra/local/demo/another-browser.ts';
import { boundSessions, sessionIdOf as idOf, secondsNow } from '#test/support/bound-sessions.ts';
import {
  aDevice,
  challengeIn,
  deviceName,
  offered,
  offeredIn,
  postProof,
  signInBound,
} from '#test/support/device.ts';
import { codeOf, nothing, part, running, sessionName } from '#test/support/running.ts';
import { callback, untilCallback } from '#test/support/sign-in-steps.ts';
import type { Visitor } from '#test/support/visitor.ts';

const run = running({ config: { session: { deviceBound: 'prefer' } } });
const { someone } = run;
const { itemOf, setTimes, thiefOf, boundCookieEnds } = boundSessions(run);
const api = '/bff/api/v1/users?limit=1';

const get = async (visit: Visitor, path: string) => {
  const answer = await visit.fetch(path);
  return answer.status === 200 ? 200 : codeOf(answer);
};

/** What every use of the session says. */
const uses = async (visit: Visitor) => ({
  api: await get(visit, api),
  session: await get(visit, '/bff/session'),
});
const open = { api: 200, session: 200 };
const refused = { api: 'device_proof_required', session: 'device_proof_required' };

async function redeployed(session: { deviceBound: 'off' | 'prefer' | 'require' }) {
  onTestFinished(() => run.system.redeploy({}));
  await run.system.redeploy({ session });
}

describe('a sign-in', () => {
  test('asks the browser for a key, binds the session to it, and says so', async () => {
    const ada = someone();
    const answer = await callback(ada, await untilCallback(ada));
    const challenge = offeredIn(answer) ?? '';
    expect(answer.headers['secure-session-registration']).toBe(
      `(ES256 RS256);path="/bff/device/register";challenge="${challenge}"`,
    );
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ bound: false });
    const device = await aDevice();
    const bound = await postProof(ada, 'register', await device.registration(challenge));
    expect(bound.status).toBe(200);
    const { id } = challengeIn(bound);
    expect(bound.json()).toEqual({
      session_identifier: id,
      refresh_url: `${run.system.url}/bff/device/refresh`,
      scope: { include_site: false },
      credentials: [
        {
          type: 'cookie',
          name: deviceName,
          attributes: 'HttpOnly; Secure; SameSite=Strict; Path=/',
        },
      ],
    });
    expect(bound.cookies).toEqual([
      expect.stringMatching(
        /^__Host-bff-device=[\w-]{43}; HttpOnly; Secure; SameSite=Strict; Path=\/; Max-Age=600$/,
      ),
    ]);
    expect(bound.headers['cache-control']).toBe('no-store');
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ bound: true });
    expect(await uses(ada)).toEqual(open);
  });

  test('binds to an RSA key as well', async () => {
    const ada = someone();
    await signInBound(ada, await aDevice('RS256'));
    expect(await uses(ada)).toEqual(open);
  });

  test('is followed by a registration without any cookie, since the way back was cross-site', async () => {
    const ada = someone();
    const challenge = await offered(ada);
    const without = someone();
    const proof = await (await aDevice()).registration(challenge);
    const bound = await postProof(without, 'register', proof);
    expect(bound.status).toBe(200);
    expect(await uses(ada)).toEqual(refused);
    ada.plant(deviceName, without.cookie(deviceName) ?? '');
    expect(await uses(ada)).toEqual(open);
  });

  test('that the browser does not answer leaves a session that works', async () => {
    const ada = someone();
    await offered(ada);
    expect(await uses(ada)).toEqual(open);
    await setTimes(ada, { createdAt: secondsNow() - 3600 });
    expect(await uses(ada)).toEqual(open);
  });

  test('anew gives a session that is bound anew, and the key of the former proves nothing', async () => {
    const ada = someone();
    const first = await signInBound(ada);
    const before = ada.cookie(sessionName);
    const challenge = await offered(ada);
    expect(ada.cookie(sessionName)).not.toBe(before);
    expect((await ada.fetch('/bff/session')).json()).toMatchObject({ bound: false });
    const late = await postProof(ada, 'refresh', await first.device.proof(first.challenge), {
      'sec-secure-session-id': first.id,
    });
    expect([late.status, codeOf(late)]).toEqual([401, 'session_expired']);
    const device = await aDevice();
    const bound = await postProof(ada, 'register', await device.registration(challenge));
    expect(bound.status).toBe(200);
    expect(challengeIn(bound).id).not.toBe(first.id);
  });

  test('asks for nothing when the configuration says off', async () => {
    await redeployed({ deviceBound: 'off' });
    const ada = someone();
    const answer = await callback(ada, await untilCallback(ada));
    expect(answer.headers['secure-session-registration']).toBeUndefined();
    expect((await ada.fetch('/bff/session')).json()).not.toHaveProperty('bound');
    expect(await itemOf(ada)).not.toHaveProperty('deviceChallengeSecret');
    for (const to of ['register', 'refresh'] as const) {
      const asked = await postProof(ada, to, undefined);
      expect([asked.status, codeOf(asked)]).toEqual([404, 'no_route']);
    }
  });
});

describe('the bound cookie', () => {
  test('is needed for every use of the session, and a session without it lives on', async () => {
    const ada = someone();
    await signInBound(ada);
    const cookie = ada.cookie(deviceName) ?? '';
    ada.forget(deviceName);
    expect(await uses(ada)).toEqual(refused);
    ada.plant(deviceName, 'A'.repeat(43));
    expect(await uses(ada)).toEqual(refused);
    ada.plant(deviceName, cookie);
    expect(await uses(ada)).toEqual(open);
  });

  test('ends, and a proof brings the next one: one read, one write', async () => {
    const ada = someone();
    const { device, challenge, id } = await signInBound(ada);
    await boundCookieEnds(ada);
    expect(await uses(ada)).toEqual(refused);
    const ask = { 'sec-secure-session-id': id };
    const proof = await device.proof(challenge);
    const { result: next, ...asked } = await run.asked(() => postProof(ada, 'refresh', proof, ask));
    expect(next.status).toBe(200);
    expect(asked).toEqual({ ...nothing, reads: 1, writes: 1 });
    expect(challengeIn(next)).toMatchObject({ id });
    expect(await uses(ada)).toEqual(open);
    const again = await postProof(ada, 'refresh', await device.proof(challengeIn(next).challenge));
    expect(again.status).toBe(200);
  });

  test('is still good for requests that were under way when the next one came', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const underWay = thiefOf(ada);
    await postProof(ada, 'refresh', await device.proof(challenge));
    expect(await uses(underWay)).toEqual(open);
    await setTimes(ada, { formerDeviceCookieEndsAt: secondsNow() - 1 });
    expect(await uses(underWay)).toEqual(refused);
    expect(await uses(ada)).toEqual(open);
  });

  test('of another session proves nothing', async () => {
    const ada = someone();
    await signInBound(ada);
    const grace = someone();
    await signInBound(grace, undefined, 'grace');
    ada.plant(deviceName, grace.cookie(deviceName) ?? '');
    expect(await uses(ada)).toEqual(refused);
  });

  test('is no cookie whose name only looks like it', async () => {
    const ada = someone();
    await signInBound(ada);
    const cookie = ada.cookie(deviceName) ?? '';
    ada.forget(deviceName);
    const blanks = ['\u00a0', '\u0085', '\u00e2\u0080\u008b'];
    for (const name of [
      ...blanks.flatMap((blank) => [blank + deviceName, deviceName + blank]),
      deviceName.toLowerCase(),
      `"${deviceName}"`,
      '__Host-Http-bff-device',
      'bff-device',
    ]) {
      ada.plant(name, cookie);
      expect([name, await get(ada, api)]).toEqual([name, 'device_proof_required']);
      ada.forget(name);
    }
  });

  test('listed twice is refused', async () => {
    const ada = someone();
    await signInBound(ada);
    const cookies = [sessionName, deviceName, deviceName].map(
      (name) => `${name}=${ada.cookie(name)}`,
    );
    const answer = await ada.fetch(api, { headers: { cookie: cookies.join('; ') } });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'bad_request']);
  });

  test('costs a warm call nothing: one read, one signature, no write', async () => {
    const ada = someone();
    await signInBound(ada);
    await ada.fetch(api);
    const { result: answer, ...asked } = await run.asked(() => ada.fetch(api));
    expect(answer.status).toBe(200);
    expect(asked).toMatchObject({ reads: 1, signatures: 1, writes: 0 });
  });

  test('that is missing, unknown or over is logged as a device that was not proven', async () => {
    const ada = someone();
    await signInBound(ada);
    const cookie = ada.cookie(deviceName) ?? '';
    const from = run.system.logs.length;
    const logged = () => run.logged('device.not_proven', from).map(({ cookie: which }) => which);
    ada.forget(deviceName);
    await ada.fetch(api);
    ada.plant(deviceName, 'A'.repeat(43));
    await ada.fetch('/bff/session');
    ada.plant(deviceName, cookie);
    await boundCookieEnds(ada);
    await ada.fetch(api);
    await expect.poll(logged).toEqual(['missing', 'unknown', 'ended']);
    expect(run.logged('device.locked_out', from)).toEqual([]);
  });

  test('that is missing or over gets nothing signed, not even ahead', async () => {
    const ada = someone();
    await signInBound(ada);
    await ada.fetch(api);
    await ada.fetch(api);
    const thief = thiefOf(ada);
    thief.forget(deviceName);
    for (const cookie of ['', 'A'.repeat(43)]) {
      if (cookie) thief.plant(deviceName, cookie);
      const { result, ...asked } = await run.asked(() => thief.fetch(api));
      expect(codeOf(result)).toBe('device_proof_required');
      expect(asked).toEqual({ ...nothing, reads: 1 });
    }
  });

  test('is needed as soon as there is one: nothing is signed ahead for a session that may still be bound', async () => {
    const ada = someone();
    const challenge = await offered(ada);
    await ada.fetch(api);
    await ada.fetch(api);
    const thief = thiefOf(ada);
    const device = await aDevice();
    await postProof(ada, 'register', await device.registration(challenge));
    const { result, ...asked } = await run.asked(() => thief.fetch(api));
    expect(codeOf(result)).toBe('device_proof_required');
    expect(asked).toMatchObject({ signatures: 0 });
  });
});

describe('nobody else binds the session', () => {
  test('with the challenge of a registration that was made', async () => {
    const ada = someone();
    const { registration, device } = await signInBound(ada);
    const thief = thiefOf(ada);
    const proofs = [
      (await aDevice()).registration(registration),
      device.registration(registration),
    ];
    for (const proof of proofs) {
      expect((await postProof(thief, 'register', await proof)).status).toBe(403);
    }
    expect(await uses(ada)).toEqual(open);
  });

  test('later than a minute after the sign-in', async () => {
    const ada = someone();
    const challenge = await offered(ada);
    await setTimes(ada, { createdAt: secondsNow() - 60 });
    const proof = await (await aDevice()).registration(challenge);
    expect((await postProof(ada, 'register', proof)).status).toBe(403);
    expect((await itemOf(ada))?.deviceKey).toBeUndefined();
  });

  test('with the challenge of another session, or one that a refusal brought', async () => {
    const ada = someone();
    const challenge = await offered(ada);
    const grace = someone();
    const other = await offered(grace, 'grace');
    const device = await aDevice();
    const wrong = await postProof(ada, 'register', await device.registration(other));
    expect(wrong.status).toBe(403);
    const none = await postProof(ada, 'register', undefined);
    expect(none.status).toBe(403);
    for (const { challenge } of [challengeIn(wrong), challengeIn(none)]) {
      const proof = await device.registration(challenge);
      expect((await postProof(ada, 'register', proof)).status).toBe(403);
      expect((await postProof(ada, 'refresh', proof)).status).toBe(403);
    }
    expect((await itemOf(ada))?.deviceKey).toBeUndefined();
    const own = await postProof(ada, 'register', await device.registration(challenge));
    expect(own.status).toBe(200);
  });

  test('without a cookie, by naming it in a challenge of their own', async () => {
    const ada = someone();
    await offered(ada);
    const device = await aDevice();
    const forged = await device.registration(`${idOf(ada)}.${'A'.repeat(43)}`);
    expect((await postProof(someone(), 'register', forged)).status).toBe(403);
    const nobody = await device.registration(`${'B'.repeat(43)}.${'A'.repeat(43)}`);
    const unknown = await postProof(someone(), 'register', nobody);
    expect([unknown.status, codeOf(unknown)]).toEqual([401, 'session_expired']);
    for (const proof of [undefined, await device.registration('x'), 'a.b.c']) {
      const answer = await postProof(someone(), 'register', proof);
      expect([answer.status, codeOf(answer)]).toEqual([401, 'not_signed_in']);
    }
    expect((await itemOf(ada))?.deviceKey).toBeUndefined();
  });

  test('whose registration was lost on its way back: its cookie alone opens nothing, and the next sign-in binds', async () => {
    const ada = someone();
    const challenge = await offered(ada);
    const [device, other] = [await aDevice(), await aDevice()];
    const proof = await device.registration(challenge);
    run.dynamodb.faults.failNext('lose_answer', { operation: 'UpdateItem', times: 3 });
    const lost = await postProof(ada, 'register', proof);
    expect([lost.status, codeOf(lost), lost.cookies]).toEqual([503, 'store_unavailable', []]);
    expect((await itemOf(ada))?.deviceKey).toBeDefined();
    const thief = thiefOf(ada);
    expect(await uses(thief)).toEqual(refused);
    for (const again of [
      proof,
      await device.registration(challenge),
      await other.registration(challenge),
    ]) {
      const answer = await postProof(thief, 'register', again);
      expect([answer.status, answer.cookies]).toEqual([403, []]);
      const next = await other.proof(challengeIn(answer).challenge);
      expect((await postProof(thief, 'refresh', next)).cookies).toEqual([]);
    }
    expect(await uses(thief)).toEqual(refused);
    await signInBound(ada);
    expect(await uses(ada)).toEqual(open);
    expect(await get(thief, api)).toBe('session_expired');
  });

  test('twice at the same moment', async () => {
    const ada = someone();
    const challenge = await offered(ada);
    const proofs = await Promise.all(
      Array.from({ length: 6 }, async () => (await aDevice()).registration(challenge)),
    );
    const answers = await Promise.all(proofs.map((proof) => postProof(ada, 'register', proof)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403, 403, 403, 403, 403]);
  });

  const unsigned = (header: object, jti: string) =>
    `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify({ jti }))}.`;
  const hidden = (challenge: string, alg: string, jwk: object) =>
    new SignJWT({ jti: challenge })
      .setProtectedHeader({ alg, typ: 'dbsc+jwt', jwk })
      .sign(new Uint8Array(32).fill(7));

  test.each<[string, (challenge: string) => Promise<string>]>([
    [
      'whose alg is none',
      async (challenge) =>
        unsigned({ alg: 'none', typ: 'dbsc+jwt', jwk: (await aDevice()).jwk }, challenge),
    ],
    [
      'with HS256 and a key of its own',
      async (challenge) =>
        hidden(challenge, 'HS256', {
          kty: 'oct',
          k: base64url.encode(new Uint8Array(32).fill(7)),
        }),
    ],
    [
      'with HS256 and a public key',
      async (challenge) => hidden(challenge, 'HS256', (await aDevice()).jwk),
    ],
    [
      'whose jwk holds a private key',
      async (challenge) => {
        const device = await aDevice();
        return device.registration(challenge, { jwk: await device.privateJwk() });
      },
    ],
    [
      'signed by another key than that in its header',
      async (challenge) =>
        (await aDevice()).registration(challenge, { jwk: (await aDevice()).jwk }),
    ],
    ['without a key', async (challenge) => (await aDevice()).proof(challenge)],
    [
      'of another type',
      async (challenge) => (await aDevice()).registration(challenge, { typ: 'dpop+jwt' }),
    ],
    ['for no challenge', async () => (await aDevice()).registration('')],
    [
      'of which there are two',
      async (challenge) => {
        const device = await aDevice();
        return `${await device.registration(challenge)}, ${await device.registration(challenge)}`;
      },
    ],
    ['that is no JWT', async () => 'a.b.c'],
    ['that is endless', async (challenge) => `${'x'.repeat(9_000)}${challenge}`],
  ])('with a proof %s', async (_title, make) => {
    const ada = someone();
    const challenge = await offered(ada);
    const answer = await postProof(ada, 'register', await make(challenge));
    expect(answer.status).toBe(403);
    expect(answer.cookies).toEqual([]);
    expect(challengeIn(answer).challenge).not.toBe(challenge);
    expect((await itemOf(ada))?.deviceKey).toBeUndefined();
  });
});

describe('a thief with every cookie, but without the key', () => {
  test('gets no further cookie, with whatever proof', async () => {
    const ada = someone();
    const { device, challenge, id, registration } = await signInBound(ada);
    const other = await aDevice();
    const thief = thiefOf(ada);
    const ask = { 'sec-secure-session-id': id };
    const proofs = [
      undefined,
      '',
      await other.proof(challenge),
      await other.registration(challenge),
      await other.proof(challenge, { jwk: device.jwk }),
      await device.registration(registration),
      await device.proof(challenge, { typ: 'JWT' }),
      await device.proof(`${secondsNow() + 60}.${'A'.repeat(43)}`),
      `${await device.proof(challenge)}, ${await other.proof(challenge)}`,
    ];
    for (const proof of proofs) {
      const answer = await postProof(thief, 'refresh', proof, ask);
      expect([answer.status, answer.cookies]).toEqual([403, []]);
    }
    await boundCookieEnds(ada);
    expect(await uses(thief)).toEqual(refused);
    expect((await postProof(ada, 'refresh', await device.proof(challenge), ask)).status).toBe(200);
    expect(await uses(ada)).toEqual(open);
    expect(await uses(thief)).toEqual(refused);
  });

  test('who heard a proof cannot use it again, nor one that was made in advance', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const heard = await device.proof(challenge);
    const told = challengeIn(await postProof(ada, 'refresh', undefined));
    const inAdvance = await device.proof(told.challenge);
    expect((await postProof(ada, 'refresh', heard)).status).toBe(200);
    for (const proof of [heard, inAdvance]) {
      expect((await postProof(thiefOf(ada), 'refresh', proof)).status).toBe(403);
    }
  });

  test('who says that the renewal was skipped is refused all the same, and it is counted', async () => {
    const ada = someone();
    await signInBound(ada);
    ada.forget(deviceName);
    const from = run.system.logs.length;
    for (const reason of ['unreachable', 'server_error', 'quota_exceeded', 'please']) {
      const answer = await ada.fetch(api, { headers: { 'secure-session-skipped': reason } });
      expect([answer.status, codeOf(answer)]).toEqual([401, 'device_proof_required']);
    }
    await expect
      .poll(() => run.logged('device.skipped', from).map(({ reason }) => reason))
      .toEqual(['unreachable', 'server_error', 'quota_exceeded']);
  });

  test('on another site makes neither endpoint do anything', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const proof = await device.proof(challenge);
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    ]) {
      const { result, ...asked } = await run.asked(() => postProof(ada, 'refresh', proof, headers));
      expect([result.status, codeOf(result)]).toEqual([403, 'csrf']);
      expect(asked).toEqual(nothing);
    }
  });
});

describe('what the browser is told', () => {
  test('without a proof is 403 with a challenge, which a proof then answers', async () => {
    const ada = someone();
    const { device, id } = await signInBound(ada);
    const { result: asked, ...cost } = await run.asked(() => postProof(ada, 'refresh', undefined));
    expect(asked.status).toBe(403);
    expect(cost).toEqual({ ...nothing, reads: 1 });
    const given = challengeIn(asked);
    expect(given.id).toBe(id);
    const proof = await device.proof(given.challenge);
    expect((await postProof(ada, 'refresh', proof)).status).toBe(200);
  });

  test('is 401 when the session is over, so that it forgets the key', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const proof = await device.proof(challenge);
    const late = thiefOf(ada);
    expect((await ada.fetch('/bff/logout', { method: 'POST' })).status).toBe(204);
    expect([ada.cookie(sessionName), ada.cookie(deviceName)]).toEqual([undefined, undefined]);
    const without = await postProof(ada, 'refresh', proof);
    expect([without.status, codeOf(without)]).toEqual([401, 'not_signed_in']);
    for (const to of ['register', 'refresh'] as const) {
      const over = await postProof(late, to, proof);
      expect([over.status, codeOf(over)]).toEqual([401, 'session_expired']);
    }
  });

  test('is 503 while the table is away, and nothing is lost', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const proof = await device.proof(challenge);
    run.dynamodb.faults.fault = () => throttled;
    const away = await postProof(ada, 'refresh', proof);
    expect([away.status, codeOf(away)]).toEqual([503, 'store_unavailable']);
    expect(away.headers['retry-after']).toBeDefined();
    run.dynamodb.faults.reset();
    expect((await postProof(ada, 'refresh', proof)).status).toBe(200);
  });

  test('about a request with a body is 400', async () => {
    const ada = someone();
    await signInBound(ada);
    const answer = await ada.send('/bff/device/refresh', {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: 'x',
    });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'bad_request']);
  });
});

describe('races', () => {
  test('of two renewals have one winner, and the other one can sign again', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const proof = await device.proof(challenge);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => postProof(ada, 'refresh', proof)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403, 403, 403]);
    const loser = answers.find(({ status }) => status === 403);
    const again = await device.proof(challengeIn(part(loser)).challenge);
    expect((await postProof(ada, 'refresh', again)).status).toBe(200);
  });

  test('of a renewal with a sign-out never bring the session back', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const proof = await device.proof(challenge);
    const late = thiefOf(ada);
    const [left, renewed] = await Promise.all([
      ada.fetch('/bff/logout', { method: 'POST' }),
      postProof(late, 'refresh', proof),
    ]);
    expect(left.status).toBe(204);
    expect([200, 401]).toContain(renewed.status);
    expect(await run.items(`session#${idOf(late)}`)).toEqual([]);
    expect(await get(late, api)).toBe('session_expired');
  });
});

test('signing out works without the bound cookie', async () => {
  const ada = someone();
  await signInBound(ada);
  ada.forget(deviceName);
  const late = thiefOf(ada);
  expect((await ada.fetch('/bff/logout', { method: 'POST' })).status).toBe(204);
  expect(await get(late, api)).toBe('session_expired');
});

describe('the theft of the page Inside, every cookie in another browser,', () => {
  const takenFrom = (visit: Visitor) => {
    const attempt = anotherBrowser(run.system.url);
    const cookies = () =>
      visit
        .cookieNames()
        .map((name) => `${name}=${visit.cookie(name)}`)
        .join('; ');
    return () => attempt(cookies());
  };

  test('works while the session is not bound', async () => {
    const steal = takenFrom(await run.signedIn());
    expect(await steal()).toMatchObject({ status: 200 });
    expect(await steal()).toMatchObject({ status: 200 });
  });

  test('is refused once the bound cookie that was taken is over, and the owner goes on', async () => {
    const ada = someone();
    const { device, challenge } = await signInBound(ada);
    const steal = takenFrom(ada);
    expect(await steal()).toMatchObject({ status: 200 });
    await boundCookieEnds(ada);
    const next = await postProof(ada, 'refresh', await device.proof(challenge));
    expect(next.status).toBe(200);
    await setTimes(ada, { formerDeviceCookieEndsAt: secondsNow() - 1 });
    expect(await steal()).toMatchObject({ status: 401, code: 'device_proof_required' });
    expect(await uses(ada)).toEqual(open);
    await signInBound(ada);
    expect(await steal()).toMatchObject({ status: 200 });
  });
});

describe('require', () => {
  test('refuses a session that was not bound within a minute, and lets its owner sign out', async () => {
    await redeployed({ deviceBound: 'require' });
    const ada = someone();
    await offered(ada);
    expect(await uses(ada)).toEqual(open);
    await setTimes(ada, { createdAt: secondsNow() - 60 });
    expect(await uses(ada)).toEqual(refused);
    expect((await ada.fetch('/bff/logout', { method: 'POST' })).status).toBe(204);
  });

  test('refuses a session from before it was demanded', async () => {
    await redeployed({ deviceBound: 'off' });
    const ada = await run.signedIn();
    await run.system.redeploy({ session: { deviceBound: 'require' } });
    expect(await uses(ada)).toEqual(refused);
  });

  test('lets a bound session in', async () => {
    await redeployed({ deviceBound: 'require' });
    const ada = someone();
    await signInBound(ada);
    await setTimes(ada, { createdAt: secondsNow() - 3600 });
    expect(await uses(ada)).toEqual(open);
  });
});
