// What a token endpoint that asks for a pause (429, 503) gets: no renewal until then, by this environment. Against a real
// table, real signatures and an Okta that rotates refresh tokens.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Broker } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import type { Fetch } from '#core/ports.ts';
import { openSession, type Session } from '#core/session/session.ts';
import { type Person, people } from '#infra/local/okta/people/people.ts';
import {
  expired,
  type Ground,
  nearlyExpired,
  reopened,
  signedIn,
  startGround,
} from '#test/support/ground.ts';
import { anyPauseMs, codeOf, pass, tokensOn } from '#test/support/renewals.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());
afterEach(() => {
  ground.logged.length = 0;
  vi.useRealTimers();
});

const access = tokensOn(() => ground);
const isRefresh = async (request: Request) =>
  request.url.endsWith('/token') && (await request.clone().text()).includes('refresh_token');

interface Asking {
  broker: Broker;
  /** Token requests of renewals, nonce challenges left out, while `refusal` refuses them. */
  asked: () => number;
  /** Undefined: the token endpoint answers as it does. */
  refuse: (refusal: (() => Response) | undefined) => void;
}

/** An environment whose renewals the test can have refused. */
function environment(own: (broker: Broker) => Partial<Broker> = () => ({})): Asking {
  let asked = 0;
  let refusal: (() => Response) | undefined;
  const answering: Fetch = async (request) => {
    if (!refusal || !(await isRefresh(request))) return fetch(request);
    asked += 1;
    return refusal();
  };
  return {
    broker: ground.environment((broker) => ({ fetch: answering, ...own(broker) })),
    asked: () => asked,
    refuse: (next) => {
      refusal = next;
    },
  };
}

const says =
  (status: number, headers: Record<string, string> = {}, body = '') =>
  () =>
    new Response(body, { status, headers });
const busy = says(429, { 'retry-after': '8' });

const over = async (user = 'ada'): Promise<Session> =>
  expired(ground.environment(), await signedIn(ground, ground.environment(), { user }));
const faultOf = (broker: Broker, session: Session): Promise<BrokerError> =>
  access(broker, session).then(
    ({ kind }) => {
      throw new Error(`no fault: ${kind}`);
    },
    (fault) => {
      if (fault instanceof BrokerError) return fault;
      throw fault;
    },
  );
const retryAfter = async (broker: Broker, session: Session) =>
  Number((await faultOf(broker, session)).headers['retry-after']);
const isOpen = async ({ secret }: Session) =>
  (await openSession(ground.environment(), secret)) !== undefined;
const paused = () =>
  ground.logged.filter(({ name }) => name === 'refresh.paused').map(({ fields }) => fields);

describe('after 429 or 503', () => {
  test.each([
    ['429', says(429, { 'retry-after': '8' })],
    ['503', says(503, { 'retry-after': '8' })],
    ['429 that says invalid_grant', says(429, { 'retry-after': '8' }, '{"error":"invalid_grant"}')],
  ])(
    '%s, a token that has expired is 503 at once: no request, no signature, no write',
    async (_name, refusal) => {
      const { broker, asked, refuse } = environment();
      const session = await over();
      refuse(refusal);
      expect(await retryAfter(broker, session)).toBeGreaterThanOrEqual(8);
      expect(asked()).toBe(1);
      const before = {
        signs: ground.kms.calls.count('Sign'),
        table: ground.dynamodb.calls.count(),
      };
      expect(await retryAfter(broker, session)).toBeGreaterThanOrEqual(7);
      expect(asked()).toBe(1);
      expect(ground.kms.calls.count('Sign')).toBe(before.signs);
      expect(ground.dynamodb.calls.count()).toBe(before.table);
      expect(await isOpen(session)).toBe(true);
    },
  );

  test('a token that should be renewed early is used as it is', async () => {
    const { broker, asked, refuse } = environment();
    const session = await nearlyExpired(broker, await signedIn(ground));
    refuse(busy);
    for (const _ of [1, 2, 3]) {
      const result = await access(broker, session);
      expect(result).toMatchObject({ kind: 'ok', token: session.content.access['']?.token });
    }
    expect(asked()).toBe(1);
  });

  test('a token that an API refused is not renewed, unless another environment has done so', async () => {
    const { broker, asked, refuse } = environment();
    const session = await signedIn(ground);
    const refused = session.content.access['']?.token ?? '';
    refuse(busy);
    expect(await codeOf(access(broker, session, refused))).toBe('refresh_unavailable');
    expect(await codeOf(access(broker, session, refused))).toBe('refresh_unavailable');
    expect(asked()).toBe(1);
    const elsewhere = await access(ground.environment(), session, refused);
    const found = await access(broker, session, refused);
    expect(found.kind === 'ok' && elsewhere.kind === 'ok' && found.token === elsewhere.token).toBe(
      true,
    );
    expect(asked()).toBe(1);
  });

  test('the pause ends by itself, and the session is renewed', async () => {
    const { broker, asked, refuse } = environment();
    const session = await over();
    refuse(busy);
    await faultOf(broker, session);
    refuse(undefined);
    pass(7_000);
    expect(await codeOf(access(broker, session))).toBe('refresh_unavailable');
    pass(4_000);
    expect((await access(broker, await reopened(broker, session.secret))).kind).toBe('ok');
    expect(asked()).toBe(1);
  });

  test('another environment knows nothing of it and asks for itself', async () => {
    const session = await over();
    const one = environment();
    one.refuse(busy);
    await faultOf(one.broker, session);
    const fresh = await reopened(ground.environment(), session.secret);
    expect((await access(ground.environment(), fresh)).kind).toBe('ok');
  });

  test('a sign-in is tried all the same', async () => {
    const { broker, refuse } = environment();
    const [ada, grace] = [await over('ada'), await over('grace')];
    refuse(busy);
    await faultOf(broker, ada);
    await faultOf(broker, grace);
    expect((await signedIn(ground, broker)).record.id).toBeDefined();
  });

  test.each([
    ['500', says(500, { 'retry-after': '8' })],
    ['502', says(502, { 'retry-after': '8' })],
    ['400 without an OAuth error', says(400, { 'retry-after': '8' })],
    ['a page', says(200, { 'retry-after': '8' }, '<html>')],
    ['401 invalid_client', says(401, { 'retry-after': '8' }, '{"error":"invalid_client"}')],
  ])('%s asks for no pause', async (_name, refusal) => {
    const { broker, asked, refuse } = environment();
    const session = await over();
    refuse(refusal);
    await faultOf(broker, session);
    const before = asked();
    await faultOf(broker, await reopened(broker, session.secret));
    expect(asked()).toBeGreaterThan(before);
  });
});

describe('whose renewals wait', () => {
  const [ada] = people;
  const linus = {
    ...(ada as Person),
    username: 'linus',
    sub: '00u9linus0local',
    email: 'l@example.com',
  };
  beforeAll(() => void people.push(linus));
  afterAll(() => void people.splice(people.indexOf(linus), 1));

  test('those of the user who was refused, in each session: Okta limits each user, too', async () => {
    const { broker, asked, refuse } = environment();
    const [one, two] = [await over(), await over()];
    refuse(busy);
    await faultOf(broker, one);
    expect(await codeOf(access(broker, two))).toBe('refresh_unavailable');
    expect(asked()).toBe(1);
  });

  test('not those of others: however many sessions one user has, nobody else is held up', async () => {
    const { broker, refuse } = environment();
    const sessions = [await over(), await over(), await over()];
    refuse(busy);
    for (const session of sessions) await faultOf(broker, session);
    refuse(undefined);
    expect((await access(broker, await over('grace'))).kind).toBe('ok');
  });

  test('everybody’s, once a second user is refused meanwhile', async () => {
    const { broker, asked, refuse } = environment();
    const [ada, grace, linus] = [await over('ada'), await over('grace'), await over('linus')];
    refuse(busy);
    await faultOf(broker, ada);
    await faultOf(broker, grace);
    expect(asked()).toBe(2);
    expect(await retryAfter(broker, linus)).toBeGreaterThanOrEqual(7);
    expect(asked()).toBe(2);
    expect(paused()).toEqual([
      { seconds: expect.any(Number), whose: 'one_user' },
      { seconds: expect.any(Number), whose: 'everybody' },
    ]);
    refuse(undefined);
    pass(anyPauseMs);
    for (const session of [ada, grace, linus]) {
      expect((await access(broker, await reopened(broker, session.secret))).kind).toBe('ok');
    }
  });

  test('a refusal that is over does not add up with the next', async () => {
    const { broker, refuse } = environment();
    const [ada, grace] = [await over('ada'), await over('grace')];
    refuse(busy);
    await faultOf(broker, ada);
    pass(anyPauseMs);
    await faultOf(broker, await reopened(broker, grace.secret));
    refuse(undefined);
    expect((await access(broker, await reopened(broker, ada.secret))).kind).toBe('ok');
  });

  test('a session whose refresh token is refused holds up nobody', async () => {
    const { broker, refuse } = environment();
    const [ada, grace, other] = [await over('ada'), await over('grace'), await over('ada')];
    refuse(says(400, { 'retry-after': '8' }, '{"error":"invalid_grant"}'));
    expect(await access(broker, ada)).toEqual({ kind: 'ended' });
    expect(await access(broker, grace)).toEqual({ kind: 'ended' });
    refuse(undefined);
    expect((await access(broker, other)).kind).toBe('ok');
  });
});

describe('how long', () => {
  const date = (ms: number) => new Date(ms).toUTCString();
  /** What the environment reports of one refusal. */
  async function seconds(headers: Record<string, string>): Promise<number> {
    const { broker, refuse } = environment();
    refuse(says(429, headers));
    await faultOf(broker, await over());
    return Number(paused().at(-1)?.seconds);
  }

  test.each([
    ['seconds', { 'retry-after': '8' }, 8],
    [
      'a date, by the server’s own clock',
      { 'retry-after': date(9e11 + 8_000), date: date(9e11) },
      8,
    ],
    [
      'the reset of Okta’s limit, by its own clock',
      { 'x-rate-limit-reset': String(9e8 + 8), date: date(9e11) },
      8,
    ],
    ['Retry-After rather than the reset', { 'retry-after': '8', 'x-rate-limit-reset': '9' }, 8],
    ['nothing', {}, 5],
    ['no number', { 'retry-after': 'soon' }, 5],
    ['a negative number', { 'retry-after': '-8' }, 5],
    ['two of them', { 'retry-after': '8, 9' }, 5],
    ['a reset that has passed', { 'x-rate-limit-reset': '8' }, 5],
    ['now', { 'retry-after': '0' }, 1],
    ['a date that has passed', { 'retry-after': date(0) }, 1],
    ['a day', { 'retry-after': '86400' }, 12],
    ['more than a number can hold', { 'retry-after': '9'.repeat(400) }, 12],
    ['milliseconds for seconds', { 'x-rate-limit-reset': String(9e11), date: date(9e11) }, 12],
  ] satisfies [string, Record<string, string>, number][])(
    '%s: at least what is asked, within a bound, and at most three seconds more',
    async (_name, headers, least) => {
      const actual = await seconds(headers);
      expect(actual).toBeGreaterThanOrEqual(least);
      expect(actual).toBeLessThanOrEqual(least + 3);
    },
  );

  test('environments that were told the same do not all come back at once', async () => {
    const session = await over();
    const all = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { broker, refuse } = environment((own) => ({
          sessions: { ...own.sessions, takeLease: async () => true, freeLease: async () => {} },
        }));
        refuse(busy);
        await faultOf(broker, session);
        return broker.learned.pauses?.users.get(session.record.index.subject);
      }),
    );
    expect(new Set(all).size).toBeGreaterThan(1);
  });

  test('a renewal whose answer got lost behind a 503 is repeated within Okta’s grace', async () => {
    const lost = environment();
    const session = await over();
    const acted: Fetch = async (request) => {
      if (!(await isRefresh(request))) return fetch(request);
      const answer = await fetch(request);
      return answer.status === 200 ? says(503, { 'retry-after': '600' })() : answer;
    };
    await faultOf(Object.assign(lost.broker, { fetch: acted }), session);
    Object.assign(lost.broker, { fetch });
    pass(anyPauseMs);
    const renewed = await access(lost.broker, await reopened(lost.broker, session.secret));
    expect(renewed.kind).toBe('ok');
  });
});
