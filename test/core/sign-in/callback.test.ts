import { DisableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { pinnedSigner } from '#core/dpop/signing.ts';
import { sessionIdOf } from '#core/session/session.ts';
import { type Begun, beginSignIn } from '#core/sign-in/begin.ts';
import { type CallbackOutcome, finishSignIn } from '#core/sign-in/callback.ts';
import { elsewhere } from '#test/support/elsewhere.ts';
import { type Ground, signedIn, startGround } from '#test/support/ground.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());

describe('return_to is checked again at the callback', () => {
  test.each(elsewhere)('%j ends at the root', async (returnTo) => {
    const broker = ground.environment({}, { par: 'never' });
    const login = { returnTo, passedOn: {}, byIssuer: false };
    const { location, loginCookie } = await beginSignIn(ground.request(broker), login, undefined);
    const state = new URL(location).searchParams.get('state') ?? '';
    const answer = new URLSearchParams({ state, error: 'access_denied' });
    expect(
      await finishSignIn(ground.request(broker), answer, () => loginCookie.value),
    ).toMatchObject({
      kind: 'failed',
      location: '/?login_error=access_denied',
    });
  });
});

test('a sign-in that began in one environment finishes in another, with the same key', async () => {
  const login = { returnTo: '/', passedOn: {}, byIssuer: false };
  const begun = await beginSignIn(
    ground.request(ground.environment({}, { par: 'never' })),
    login,
    undefined,
  );
  const asked = new URL(begun.location).searchParams;
  const query = new URLSearchParams({ state: asked.get('state') ?? '', code: 'unknown-code' });
  const outcome = await finishSignIn(
    ground.request(ground.environment()),
    query,
    () => begun.loginCookie.value,
  );
  expect(outcome).toMatchObject({ kind: 'failed', code: 'invalid_grant' });
  const proofs = ground.okta.events
    .list()
    .flatMap(({ kind, proof }) => (kind === 'token' && proof ? [proof.jkt] : []));
  expect(new Set(proofs)).toEqual(new Set([asked.get('dpop_jkt')]));
});

describe('a sign-in whose key an operator took out meanwhile', () => {
  const login = { returnTo: '/', passedOn: {}, byIssuer: false };
  let active = '';

  /** An environment that knows of each key but the active one that it was taken out. */
  const environment = (): Broker =>
    ground.environment(
      ({ signer, keyRing }) => {
        const ring = {
          ...keyRing,
          active: async (use: 'dpop' | 'assertion') =>
            use === 'dpop' ? active : keyRing.active(use),
          disabled: async () => true,
        };
        return { keyRing: ring, signer: pinnedSigner(signer, ring) };
      },
      { par: 'never' },
    );

  const takeOut = (KeyId: string) => ground.kmsClient.send(new DisableKeyCommand({ KeyId }));
  const finish = (broker: Broker, { location, loginCookie }: Begun) => {
    const state = new URL(location).searchParams.get('state') ?? '';
    return finishSignIn(
      ground.request(broker),
      new URLSearchParams({ state, code: 'c' }),
      () => loginCookie.value,
    );
  };

  test('starts over with the level that was asked for', async () => {
    active = await ground.newKey();
    const broker = environment();
    const level = { max_age: '60', acr_values: 'urn:okta:loa:2fa:any' };
    const begun = await beginSignIn(
      ground.request(broker),
      { ...login, passedOn: level, maxAge: 60, acrValues: level.acr_values },
      undefined,
    );
    await takeOut(active);
    active = ground.keys.dpop;
    const outcome = await finish(broker, begun);
    expect(outcome.kind).toBe('started_over');
    const { location } = begunAgain(outcome);
    const asked = Object.fromEntries(new URL(location).searchParams);
    expect(asked).toMatchObject({ ...level, dpop_jkt: (await broker.signer.key(active)).jkt });
  });

  test('replaces the session that it was to replace', async () => {
    active = ground.keys.dpop;
    const previous = await signedIn(ground, environment());
    active = await ground.newKey();
    const broker = environment();
    const first = await beginSignIn(ground.request(broker), login, sessionIdOf(previous.secret));
    await takeOut(active);
    active = ground.keys.dpop;
    const outcome = await finish(broker, first);
    await signedIn(ground, broker, { begun: begunAgain(outcome) });
    expect(await broker.sessions.read(previous.record.id)).toBeUndefined();
  });

  test('starts over once, and then fails', async () => {
    active = await ground.newKey();
    const broker = environment();
    const first = await beginSignIn(ground.request(broker), login, undefined);
    await takeOut(active);
    active = await ground.newKey();
    const outcome = await finish(broker, first);
    await takeOut(active);
    expect(await finish(broker, begunAgain(outcome))).toMatchObject({
      kind: 'failed',
      location: '/?login_error=login_failed',
    });
  });
});

const begunAgain = (outcome: CallbackOutcome): Begun => {
  if (outcome.kind !== 'started_over') throw new Error(`it is ${outcome.kind}`);
  return outcome;
};
