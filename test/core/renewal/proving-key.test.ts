// dpop.rebindOnRefresh against an Okta that binds refresh tokens to their key, and one that does not.
import { DisableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Broker } from '#core/broker.ts';
import type { TokenForCall } from '#core/renewal/token-for-call.ts';
import type { Session } from '#core/session/session.ts';
import {
  changed,
  expired,
  type Ground,
  reopened,
  signedIn,
  startGround,
} from '#test/support/ground.ts';
import { anyPauseMs, pass, tokensOn } from '#test/support/renewals.ts';

let ground: Ground;
let next = '';
let active = '';
let taken: string[] = [];

/** An Okta of its own, and a key that is not the first. */
function atAnOkta(options: { bindRefreshTokens: boolean }): void {
  beforeAll(async () => {
    ground = await startGround(options);
    next = await ground.newKey('RSA_2048');
  });
  afterAll(() => ground?.close());
}

afterEach(() => {
  vi.useRealTimers();
  taken = [];
  ground.okta.faults.clear();
  ground.logged.length = 0;
});

/** An environment whose ring says what `active` says. */
const environment = (own: object = { dpop: { rebindOnRefresh: true } }): Broker =>
  ground.environment(
    ({ keyRing }) => ({
      keyRing: {
        ...keyRing,
        active: (use) => (use === 'dpop' ? Promise.resolve(active) : keyRing.active(use)),
        disabled: async (_use, id) => taken.includes(id),
      },
    }),
    own,
  );

/** A session on the first key whose access token is over, after the next one became active. */
async function afterRotation(broker: Broker): Promise<Session> {
  active = ground.keys.dpop;
  const session = await expired(broker, await signedIn(ground, broker));
  active = next;
  return session;
}

const renew = tokensOn(() => ground);
const keyOf = (result: TokenForCall) =>
  result.kind === 'ok' ? result.session.record.key.id : result.kind;

/** Thumbprints of the proofs that the token endpoint saw during it, challenges left out. */
async function proven(run: () => Promise<unknown>): Promise<(string | undefined)[]> {
  const before = ground.okta.events.list().length;
  await run();
  return ground.okta.events
    .list()
    .slice(before)
    .filter((event) => event.kind === 'token' && !event.challenged)
    .map((event) => event.proof?.jkt);
}
const jktOf = async (id: string) => (await environment().signer.key(id)).jkt;

describe('where the server does not bind refresh tokens to keys', () => {
  atAnOkta({ bindRefreshTokens: false });

  test('a refresh moves the session to the active key, with its new token', async () => {
    const broker = environment();
    const session = await afterRotation(broker);
    let result: TokenForCall = { kind: 'ended' };
    const keys = await proven(async () => {
      result = await renew(broker, session);
    });
    expect(keys).toEqual([await jktOf(next)]);
    expect(keyOf(result)).toBe(next);
    const stored = await reopened(broker, session.secret);
    expect(stored.record.key).toEqual({ id: next, jkt: await jktOf(next), alg: 'RS256' });
  });

  test('access tokens of other audiences stay with the key that they are bound to: they are fetched anew', async () => {
    const broker = environment();
    const session = await changed(broker, await afterRotation(broker), (content) => ({
      ...content,
      access: { ...content.access, other: { token: 't', expiresAt: 9e9, renewAt: 9e9 } },
    }));
    await renew(broker, session);
    const stored = await reopened(broker, session.secret);
    expect(Object.keys(stored.content.access)).toEqual(['']);
  });

  test('a session on the active key stays there, and keeps them', async () => {
    const broker = environment();
    active = ground.keys.dpop;
    const session = await changed(
      broker,
      await expired(broker, await signedIn(ground, broker)),
      (content) => ({
        ...content,
        access: { ...content.access, other: { token: 't', expiresAt: 9e9, renewAt: 9e9 } },
      }),
    );
    expect(keyOf(await renew(broker, session))).toBe(ground.keys.dpop);
    const stored = await reopened(broker, session.secret);
    expect(Object.keys(stored.content.access)).toContain('other');
  });

  test('a pinned key that KMS does not sign with any more is left behind', async () => {
    const broker = environment();
    active = await ground.newKey();
    const session = await expired(broker, await signedIn(ground, broker));
    await ground.kmsClient.send(new DisableKeyCommand({ KeyId: active }));
    active = next;
    expect(keyOf(await renew(environment(), session))).toBe(next);
  });

  test('a session goes on with its pinned key where the active one does not sign', async () => {
    const broker = environment();
    const session = await afterRotation(broker);
    active = await ground.newKey();
    // Its public part is known here already.
    await broker.signer.key(active);
    await ground.kmsClient.send(new DisableKeyCommand({ KeyId: active }));
    expect(keyOf(await renew(broker, session))).toBe(ground.keys.dpop);
  });

  test('a session on a key that an operator took out is not saved', async () => {
    const broker = environment();
    const session = await afterRotation(broker);
    taken = [ground.keys.dpop];
    const keys = await proven(() => renew(broker, session));
    expect(keys).not.toContain(await jktOf(next));
  });
});

describe('where it binds them, as Okta does', () => {
  atAnOkta({ bindRefreshTokens: true });

  test('the pinned key is proven in the same renewal, and the session goes on', async () => {
    const broker = environment();
    const session = await afterRotation(broker);
    let result: TokenForCall = { kind: 'ended' };
    const keys = await proven(async () => {
      result = await renew(broker, session);
    });
    expect(keys).toEqual([await jktOf(next), await jktOf(ground.keys.dpop)]);
    expect(keyOf(result)).toBe(ground.keys.dpop);
    expect(ground.logged.map(({ name }) => name)).toContain('refresh.not_rebound');
  });

  test('the session remembers it, in whatever environment', async () => {
    const session = await afterRotation(environment());
    await renew(environment(), session);
    const other = environment();
    const again = await expired(other, await reopened(other, session.secret));
    expect(await proven(() => renew(other, again))).toEqual([await jktOf(ground.keys.dpop)]);
  });

  test('the environment remembers it for its other sessions, for an hour', async () => {
    let later = 0;
    const clock = { now: () => Date.now() + later };
    const broker = Object.assign(environment(), { clock });
    const [one, two] = [await afterRotation(broker), await afterRotation(broker)];
    await renew(broker, one);
    expect(await proven(() => renew(broker, two))).toEqual([await jktOf(ground.keys.dpop)]);
    const three = await afterRotation(broker);
    later = 3_600_000;
    const keys = await proven(() => renew(broker, three).catch(() => undefined));
    expect(keys[0]).toBe(await jktOf(next));
  });

  test('a refusal that has other reasons is not remembered', async () => {
    const broker = environment();
    const session = await afterRotation(broker);
    ground.okta.faults.set('token', 'rate_limited');
    await renew(broker, session).catch(() => undefined);
    ground.okta.faults.clear();
    pass(anyPauseMs);
    const keys = await proven(() => renew(broker, session));
    expect(keys[0]).toBe(await jktOf(next));
  });
});

describe('without rebindOnRefresh, and for public clients', () => {
  atAnOkta({ bindRefreshTokens: false });

  test('every refresh proves the pinned key', async () => {
    const broker = environment({});
    const session = await afterRotation(broker);
    expect(await proven(() => renew(broker, session))).toEqual([await jktOf(ground.keys.dpop)]);
  });

  test('a public client cannot be configured to move', () => {
    expect(() => environment({ clientAuth: 'none', dpop: { rebindOnRefresh: true } })).toThrow(
      'dpop.rebindOnRefresh: only for confidential clients',
    );
  });
});
