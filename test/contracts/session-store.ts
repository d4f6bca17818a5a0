// What every SessionStore must do (core/ports.ts).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type {
  Clock,
  DeviceBinding,
  SessionIndex,
  SessionRecord,
  SessionStore,
} from '#core/ports.ts';

export interface SessionStoreUnderTest {
  store: SessionStore;
  /** Does the next call, and loses its answer, where there is one to lose. */
  loseAnswer(): void;
  close(): Promise<void>;
}

export function sessionStoreContract(
  name: string,
  make: (clock: Clock) => Promise<SessionStoreUnderTest>,
): void {
  describe(`${name} as a SessionStore`, () => {
    let made: SessionStoreUnderTest;
    let store: SessionStore;
    let now = start;
    const later = (seconds: number) => {
      now = start + seconds;
    };

    beforeAll(async () => {
      made = await make({ now: () => now * 1000 + 999 });
      store = made.store;
    });
    beforeEach(() => later(0));
    afterAll(() => made.close());

    const kept = async (overrides: Partial<SessionRecord> = {}): Promise<SessionRecord> => {
      const session = the(overrides);
      await store.create(session);
      return session;
    };
    /** A Buffer is as good as any Uint8Array, but not equal to one. */
    const read = async (id: string) => {
      const stored = await store.read(id);
      const sealed = Uint8Array.from(stored?.session.sealed ?? []);
      return stored && { ...stored, session: { ...stored.session, sealed } };
    };
    const sessionOf = async (id: string) => (await read(id))?.session;

    describe('a new session', () => {
      test('is read as it was created', async () => {
        const session = await kept({
          sealed: randomBytes(3_000),
          index: { subject: random(), sid: random(), email: random() },
          lease: { owner: 'env-1', until: start + 15 },
          stepUps: 1,
        });
        expect(await read(session.id)).toEqual({ session, nonces: {} });
      });

      test.each([
        ['offered', { challengeSecret: 's1' }],
        ['bound', bound('s1')],
      ])('keeps a binding that is %s', async (_title, device) => {
        const session = await kept({ device });
        expect(await sessionOf(session.id)).toEqual(session);
      });

      test('needs neither sid, nor e-mail, nor a lease', async () => {
        const session = await kept();
        expect(await sessionOf(session.id)).toEqual(session);
      });

      test('brings its first nonces', async () => {
        const session = the();
        await store.create(session, { 'as|https://acme.okta.com': 'n1' });
        expect((await store.read(session.id))?.nonces).toEqual({
          'as|https://acme.okta.com': 'n1',
        });
      });

      test('never takes the place of another', async () => {
        const session = await kept();
        await expect(store.create(the({ id: session.id, version: 9 }))).rejects.toThrow();
        expect(await sessionOf(session.id)).toEqual(session);
      });
    });

    test('an unknown session is not found', async () => {
      expect(await store.read(random())).toBeUndefined();
    });

    describe('time', () => {
      test('a session is there until the last second of its idle time', async () => {
        const { id } = await kept({ idleSeconds: 60 });
        later(59);
        expect(await sessionOf(id)).toBeDefined();
        later(60);
        expect(await sessionOf(id)).toBeUndefined();
      });

      test('a session that is used ends at its absolute end', async () => {
        const { id } = await kept({ idleSeconds: 60, expiresAt: start + 90 });
        later(59);
        expect(await store.touch(id, now)).toBe(true);
        later(89);
        expect(await sessionOf(id)).toBeDefined();
        later(90);
        expect(await sessionOf(id)).toBeUndefined();
      });
    });

    describe('touch', () => {
      test('moves lastSeenAt and nothing else', async () => {
        const session = await kept({ lease: { owner: 'env-1', until: start + 15 } });
        later(10);
        expect(await store.touch(session.id, now)).toBe(true);
        expect(await sessionOf(session.id)).toEqual({ ...session, lastSeenAt: now });
      });

      test('is false when the session was seen later already', async () => {
        const { id } = await kept();
        later(10);
        expect(await store.touch(id, now)).toBe(true);
        expect(await store.touch(id, now)).toBe(true);
        expect(await store.touch(id, now - 1)).toBe(false);
        expect((await sessionOf(id))?.lastSeenAt).toBe(now);
      });

      test('never makes a session that is gone', async () => {
        const { id } = await kept();
        await store.end(id);
        later(1);
        expect(await store.touch(id, now)).toBe(false);
        expect(await sessionOf(id)).toBeUndefined();
      });

      test.each([
        ['idle', { idleSeconds: 60 }],
        ['expired', { expiresAt: start + 60 }],
      ])('never revives one that is %s', async (_title, limits) => {
        const { id } = await kept(limits);
        later(60);
        expect(await store.touch(id, now)).toBe(false);
        later(59);
        expect((await sessionOf(id))?.lastSeenAt).toBe(start);
      });
    });

    describe('the lease', () => {
      const lease = (owner: string) => ({ owner, until: now + 15 });

      test('is taken by one', async () => {
        const { id, version } = await kept();
        expect(await store.takeLease(id, version, lease('env-1'))).toBe(true);
        expect(await store.takeLease(id, version, lease('env-2'))).toBe(false);
        expect((await sessionOf(id))?.lease).toEqual({ owner: 'env-1', until: start + 15 });
      });

      test('is taken by one of twenty that race', async () => {
        const { id, version } = await kept();
        const owners = Array.from({ length: 20 }, (_, i) => `env-${i}`);
        const taken = await Promise.all(
          owners.map((owner) => store.takeLease(id, version, lease(owner))),
        );
        expect(taken.filter(Boolean)).toHaveLength(1);
        expect((await sessionOf(id))?.lease?.owner).toBe(owners[taken.indexOf(true)]);
      });

      test('can be taken from an owner whose time is up', async () => {
        const { id, version } = await kept();
        await store.takeLease(id, version, lease('env-1'));
        later(14);
        expect(await store.takeLease(id, version, lease('env-2'))).toBe(false);
        later(15);
        expect(await store.takeLease(id, version, lease('env-2'))).toBe(true);
      });

      test('is not taken for another version, nor of a session that ended', async () => {
        const { id, version } = await kept({ idleSeconds: 60 });
        expect(await store.takeLease(id, version + 1, lease('env-1'))).toBe(false);
        later(60);
        expect(await store.takeLease(id, version, lease('env-1'))).toBe(false);
        expect(await store.takeLease(random(), 1, lease('env-1'))).toBe(false);
      });

      test('is freed by its owner only', async () => {
        const { id, version } = await kept();
        await store.takeLease(id, version, lease('env-1'));
        await store.freeLease(id, 'env-2');
        expect((await sessionOf(id))?.lease?.owner).toBe('env-1');
        await store.freeLease(id, 'env-1');
        expect((await sessionOf(id))?.lease).toBeUndefined();
        expect(await store.takeLease(id, version, lease('env-2'))).toBe(true);
      });

      test('of a session that is gone is freed silently', async () => {
        await store.freeLease(random(), 'env-1');
      });
    });

    describe('replaceTokens', () => {
      const next = () => ({
        sealed: new Uint8Array(randomBytes(64)),
        key: { id: `arn:key/${random()}`, jkt: 'new-jkt', alg: 'RS256' as const },
      });
      const leased = async () => {
        const session = await kept();
        await store.takeLease(session.id, session.version, { owner: 'env-1', until: start + 15 });
        return { session, held: { owner: 'env-1', version: session.version } };
      };

      test('stores the next version and frees the lease', async () => {
        const { session, held } = await leased();
        const tokens = next();
        expect(await store.replaceTokens(session.id, held, tokens)).toBe(true);
        expect(await sessionOf(session.id)).toEqual({
          ...session,
          ...tokens,
          version: session.version + 1,
        });
      });

      test('is done once: repeated, it is still true and changes nothing', async () => {
        const { session, held } = await leased();
        const tokens = next();
        await store.replaceTokens(session.id, held, tokens);
        expect(await store.replaceTokens(session.id, held, tokens)).toBe(true);
        expect((await sessionOf(session.id))?.version).toBe(session.version + 1);
        expect(await store.replaceTokens(session.id, held, next())).toBe(false);
      });

      test('needs the lease at that version', async () => {
        const { session, held } = await leased();
        const { id } = session;
        expect(await store.replaceTokens(id, { ...held, owner: 'env-2' }, next())).toBe(false);
        expect(await store.replaceTokens(id, { ...held, version: 9 }, next())).toBe(false);
        await store.freeLease(id, 'env-1');
        expect(await store.replaceTokens(id, held, next())).toBe(false);
        expect(await sessionOf(id)).toEqual(session);
      });

      test('works for an owner whose time is up, until another takes the lease', async () => {
        const late = await leased();
        later(20);
        expect(await store.replaceTokens(late.session.id, late.held, next())).toBe(true);
        later(0);
        const lost = await leased();
        later(20);
        const { id, version } = lost.session;
        await store.takeLease(id, version, { owner: 'env-2', until: now + 15 });
        expect(await store.replaceTokens(id, lost.held, next())).toBe(false);
      });

      test('moves the session to other hashes, where some are given', async () => {
        const index = { subject: random(), sid: random(), email: random() };
        const session = await kept({ index });
        await store.takeLease(session.id, 1, { owner: 'env-1', until: start + 15 });
        const email = random();
        const moved = { ...next(), index: { email } };
        const held = { owner: 'env-1', version: 1 };
        expect(await store.replaceTokens(session.id, held, moved)).toBe(true);
        expect((await sessionOf(session.id))?.index).toEqual({ ...index, email });
        const found = async (by: 'email' | 'sid', value: string) => {
          for await (const id of store.find(by, value)) return id;
          return undefined;
        };
        expect(await found('email', email)).toBe(session.id);
        expect(await found('email', index.email)).toBeUndefined();
        expect(await found('sid', index.sid)).toBe(session.id);
      });

      test('never brings back a session that ended', async () => {
        const { session, held } = await leased();
        await store.end(session.id);
        expect(await store.replaceTokens(session.id, held, next())).toBe(false);
        expect(await sessionOf(session.id)).toBeUndefined();
      });
    });

    test('step-ups are counted, but not on a session that is gone', async () => {
      const session = await kept();
      await store.countStepUp(session.id, 2);
      expect(await sessionOf(session.id)).toEqual({ ...session, stepUps: 2 });
      await store.end(session.id);
      await store.countStepUp(session.id, 1);
      expect(await sessionOf(session.id)).toBeUndefined();
    });

    describe('the binding to a device', () => {
      const offered = { device: { challengeSecret: 's1' } };

      test('replaces the one whose challenges were proven, and nothing else', async () => {
        const session = await kept({ ...offered, lease: { owner: 'env-1', until: start + 15 } });
        expect(await store.bindDevice(session.id, 's1', bound('s2'))).toBe(true);
        expect(await sessionOf(session.id)).toEqual({ ...session, device: bound('s2') });
        const former = { hash: 'former', endsAt: start + 9 };
        const next = bound('s3', { former });
        expect(await store.bindDevice(session.id, 's2', next)).toBe(true);
        expect(await sessionOf(session.id)).toEqual({ ...session, device: next });
      });

      test('is refused for challenges that were used, and for a session that offers none', async () => {
        const session = await kept(offered);
        await store.bindDevice(session.id, 's1', bound('s2'));
        expect(await store.bindDevice(session.id, 's1', bound('s3'))).toBe(false);
        expect((await sessionOf(session.id))?.device).toEqual(bound('s2'));
        const plain = await kept();
        expect(await store.bindDevice(plain.id, 's1', bound('s2'))).toBe(false);
        expect(await sessionOf(plain.id)).toEqual(plain);
      });

      test('is done by one of ten that race', async () => {
        const { id } = await kept(offered);
        const done = await Promise.all(
          Array.from({ length: 10 }, (_, i) => store.bindDevice(id, 's1', bound(`next-${i}`))),
        );
        expect(done.filter(Boolean)).toHaveLength(1);
        expect((await sessionOf(id))?.device?.challengeSecret).toBe(`next-${done.indexOf(true)}`);
      });

      test('outlives a renewal of the tokens', async () => {
        const { id } = await kept({ device: bound('s1') });
        await store.takeLease(id, 1, { owner: 'env-1', until: start + 15 });
        const key = { id: 'arn:2', jkt: 'j', alg: 'ES256' as const };
        const next = { sealed: new Uint8Array([2]), key };
        await store.replaceTokens(id, { owner: 'env-1', version: 1 }, next);
        expect(await sessionOf(id)).toMatchObject({ ...next, device: bound('s1') });
      });

      test('recognises its own work when the answer was lost', async () => {
        const { id } = await kept(offered);
        made.loseAnswer();
        expect(await store.bindDevice(id, 's1', bound('s2'))).toBe(true);
        expect((await sessionOf(id))?.device).toEqual(bound('s2'));
      });

      test('never brings back a session that ended', async () => {
        const gone = await kept(offered);
        await store.end(gone.id);
        expect(await store.bindDevice(gone.id, 's1', bound('s2'))).toBe(false);
        expect(await sessionOf(gone.id)).toBeUndefined();
        const idle = await kept({ ...offered, idleSeconds: 60 });
        later(60);
        expect(await store.bindDevice(idle.id, 's1', bound('s2'))).toBe(false);
      });
    });

    describe('end', () => {
      test('ends a session once, and then it is gone', async () => {
        const { id, version } = await kept();
        expect(await store.end(id)).toBe('ended');
        expect(await sessionOf(id)).toBeUndefined();
        expect(await store.end(id)).toBe('gone');
        expect(await store.end(id, version)).toBe('gone');
      });

      test('ends only the version that it is given', async () => {
        const { id, version } = await kept();
        expect(await store.end(id, version + 1)).toBe('moved');
        expect(await sessionOf(id)).toBeDefined();
        expect(await store.end(id, version)).toBe('ended');
        expect(await sessionOf(id)).toBeUndefined();
      });

      test('ends one that is over, whatever its version', async () => {
        const { id, version } = await kept({ idleSeconds: 60 });
        later(60);
        expect(await store.end(id, version + 1)).toBe('moved');
        expect(await store.end(id)).toBe('ended');
      });

      test('is done by one of ten that race', async () => {
        const { id, version } = await kept();
        const racing = Array.from({ length: 10 }, (_, i) =>
          store.end(id, i % 2 ? version : undefined),
        );
        expect((await Promise.all(racing)).toSorted()).toEqual(['ended', ...Array(9).fill('gone')]);
      });
    });

    describe('a write whose answer is lost', () => {
      const next = {
        sealed: new Uint8Array([2]),
        key: { id: 'arn:2', jkt: 'j', alg: 'ES256' as const },
      };
      const lease = { owner: 'env-1', until: start + 15 };
      const held = { owner: 'env-1', version: 1 };
      const leased = async () => {
        const session = await kept();
        await store.takeLease(session.id, 1, lease);
        return session;
      };

      test('creates the session', async () => {
        const session = the();
        made.loseAnswer();
        await store.create(session);
        expect(await sessionOf(session.id)).toEqual(session);
      });

      test('touches it', async () => {
        const { id } = await kept();
        later(10);
        made.loseAnswer();
        expect(await store.touch(id, now)).toBe(true);
        expect((await sessionOf(id))?.lastSeenAt).toBe(now);
      });

      test('takes the lease', async () => {
        const { id } = await kept();
        made.loseAnswer();
        expect(await store.takeLease(id, 1, lease)).toBe(true);
        expect((await sessionOf(id))?.lease).toEqual(lease);
      });

      test('frees the lease', async () => {
        const { id } = await leased();
        made.loseAnswer();
        await store.freeLease(id, lease.owner);
        expect((await sessionOf(id))?.lease).toBeUndefined();
      });

      test('replaces the tokens', async () => {
        const { id } = await leased();
        made.loseAnswer();
        expect(await store.replaceTokens(id, held, next)).toBe(true);
        expect(await sessionOf(id)).toMatchObject({ version: 2, ...next });
      });

      test('counts a step-up', async () => {
        const { id } = await kept();
        made.loseAnswer();
        await store.countStepUp(id, 1);
        expect((await sessionOf(id))?.stepUps).toBe(1);
      });

      test('saves a nonce', async () => {
        const { id } = await kept();
        made.loseAnswer();
        await store.saveNonce(id, 'as|https://acme.okta.com', 'n1');
        expect((await store.read(id))?.nonces).toEqual({ 'as|https://acme.okta.com': 'n1' });
      });

      test('takes and frees a place for a stream', async () => {
        const { id } = await kept();
        made.loseAnswer();
        expect(await store.takeStream(id, 1, start, start - 60)).toBe(true);
        expect(await store.takeStream(id, 1, start + 1, start - 60)).toBe(false);
        made.loseAnswer();
        await store.freeStream(id, 1, start);
        expect(await store.takeStream(id, 1, start + 1, start - 60)).toBe(true);
      });

      test.each([
        ['the session', undefined],
        ['its version', 1],
      ])('ends %s', async (_name, version) => {
        const { id } = await kept();
        made.loseAnswer();
        expect(await store.end(id, version)).toBe('ended');
        expect(await sessionOf(id)).toBeUndefined();
      });

      test('does not end another version', async () => {
        const { id } = await kept();
        made.loseAnswer();
        expect(await store.end(id, 9)).toBe('moved');
        expect(await sessionOf(id)).toBeDefined();
      });
    });

    describe('nonces', () => {
      const as = 'as|https://acme.okta.com';
      const rs = 'rs|https://acme.okta.com:8443';

      test('are kept by name, the newest of each', async () => {
        const { id } = await kept();
        await store.saveNonce(id, as, 'a1');
        await store.saveNonce(id, rs, 'r1');
        await store.saveNonce(id, as, 'a2');
        expect((await store.read(id))?.nonces).toEqual({ [as]: 'a2', [rs]: 'r1' });
      });

      test('leave the session as it is', async () => {
        const session = await kept();
        await store.saveNonce(session.id, as, 'a1');
        expect(await sessionOf(session.id)).toEqual(session);
      });

      test('go with the session, and a late one does not come back', async () => {
        const session = await kept();
        await store.saveNonce(session.id, as, 'a1');
        await store.end(session.id);
        await store.saveNonce(session.id, as, 'late');
        expect(await store.read(session.id)).toBeUndefined();
        await store.create(session);
        expect((await store.read(session.id))?.nonces).toEqual({});
      });
    });

    describe('places of streams', () => {
      const streamsOf = async (id: string) => (await store.read(id))?.streams;

      test('are kept beside the session, which stays as it is', async () => {
        const session = await kept();
        expect(await streamsOf(session.id)).toBeUndefined();
        expect(await store.takeStream(session.id, 0, start + 0.25, start - 60)).toBe(true);
        expect(await store.takeStream(session.id, 7, start + 1.125, start - 60)).toBe(true);
        expect(await read(session.id)).toEqual({
          session,
          nonces: {},
          streams: { 0: start + 0.25, 7: start + 1.125 },
        });
      });

      test('have one stream each, until it is an old one', async () => {
        const { id } = await kept();
        expect(await store.takeStream(id, 0, start, start - 60)).toBe(true);
        expect(await store.takeStream(id, 0, start + 1, start - 59)).toBe(false);
        expect(await store.takeStream(id, 0, start + 61, start + 1)).toBe(true);
        expect(await streamsOf(id)).toEqual({ 0: start + 61 });
      });

      test('are taken by one of twenty that race', async () => {
        const { id } = await kept();
        const taken = await Promise.all(
          Array.from({ length: 20 }, (_, i) => store.takeStream(id, 3, start + i / 32, start - 60)),
        );
        expect(taken.filter(Boolean)).toHaveLength(1);
        expect(await streamsOf(id)).toEqual({ 3: start + taken.indexOf(true) / 32 });
      });

      test('are freed by their stream only', async () => {
        const { id } = await kept();
        await store.takeStream(id, 0, start, start - 60);
        await store.takeStream(id, 1, start, start - 60);
        await store.freeStream(id, 0, start + 1);
        expect(await streamsOf(id)).toEqual({ 0: start, 1: start });
        await store.freeStream(id, 0, start);
        expect(await streamsOf(id)).toEqual({ 1: start });
        await store.freeStream(id, 1, start);
        expect(await streamsOf(id)).toBeUndefined();
      });

      test('are found again by the stream that lost the answer', async () => {
        const { id } = await kept();
        made.loseAnswer();
        expect(await store.takeStream(id, 0, start, start - 60)).toBe(true);
        made.loseAnswer();
        await store.freeStream(id, 0, start);
        expect(await streamsOf(id)).toBeUndefined();
      });

      test('do not exist for a session that is gone', async () => {
        const { id } = await kept();
        await store.takeStream(id, 0, start, start - 60);
        await store.end(id);
        expect(await store.takeStream(id, 1, start, start - 60)).toBe(false);
        await store.freeStream(id, 0, start);
        expect(await store.read(id)).toBeUndefined();
      });
    });

    describe('find', () => {
      const found = async (by: Parameters<SessionStore['find']>[0], value: string) => {
        const ids: string[] = [];
        for await (const id of store.find(by, value)) ids.push(id);
        return ids.sort();
      };
      const hashes = (): Required<SessionIndex> => ({
        subject: random(),
        sid: random(),
        email: random(),
      });

      test('finds sessions by subject, sid, e-mail and key, and nobody else’s', async () => {
        const index = hashes();
        const key = { id: `arn:key/${random()}`, jkt: 'jkt', alg: 'ES256' as const };
        const first = await kept({ index, key });
        const second = await kept({ index: { subject: index.subject }, key });
        await kept({ index: hashes() });
        const both = [first.id, second.id].sort();
        expect(await found('subject', index.subject)).toEqual(both);
        expect(await found('key', key.id)).toEqual(both);
        expect(await found('sid', index.sid)).toEqual([first.id]);
        expect(await found('email', index.email)).toEqual([first.id]);
        expect(await found('subject', index.sid)).toEqual([]);
      });

      test('finds dozens', async () => {
        const index = hashes();
        const ids = await Promise.all(
          Array.from({ length: 60 }, async () => (await kept({ index })).id),
        );
        expect(await found('subject', index.subject)).toEqual(ids.sort());
      });

      test('skips sessions that ended, are idle or expired', async () => {
        const index = hashes();
        const key = { id: `arn:key/${random()}`, jkt: 'jkt', alg: 'ES256' as const };
        const live = await kept({ index, key });
        await kept({ index, key, idleSeconds: 60 });
        await kept({ index, key, expiresAt: start + 60 });
        await store.end((await kept({ index, key })).id);
        later(60);
        expect(await found('subject', index.subject)).toEqual([live.id]);
        expect(await found('key', key.id)).toEqual([live.id]);
      });

      test('finds a session by the key that it moved to, and no longer by the one before', async () => {
        const session = await kept({ key: { id: `arn:key/${random()}`, jkt: 'a', alg: 'ES256' } });
        const { id, version } = session;
        const key = { id: `arn:key/${random()}`, jkt: 'b', alg: 'RS256' as const };
        await store.takeLease(id, version, { owner: 'env-1', until: start + 15 });
        const tokens = { sealed: new Uint8Array([1]), key };
        await store.replaceTokens(id, { owner: 'env-1', version }, tokens);
        expect(await found('key', session.key.id)).toEqual([]);
        expect(await found('key', key.id)).toEqual([id]);
      });
    });
  });
}

const start = 1_800_000_000;
const random = () => randomBytes(32).toString('base64url');

const the = (overrides: Partial<SessionRecord> = {}): SessionRecord => ({
  id: random(),
  version: 1,
  key: { id: 'arn:aws:kms:us-east-1:111122223333:key/1', jkt: 'jkt', alg: 'ES256' },
  index: { subject: random() },
  createdAt: start,
  lastSeenAt: start,
  idleSeconds: 1_800,
  expiresAt: start + 43_200,
  stepUps: 0,
  ...overrides,
  sealed: new Uint8Array(overrides.sealed ?? randomBytes(32)),
});

const bound = (
  challengeSecret: string,
  more: Partial<NonNullable<DeviceBinding['bound']>> = {},
): DeviceBinding => ({
  challengeSecret,
  bound: { key: '{"kty":"EC"}', cookie: { hash: 'hash', endsAt: start + 600 }, ...more },
});
