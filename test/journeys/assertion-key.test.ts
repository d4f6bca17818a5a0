// The client-assertion key changes under people who sign in and whose tokens are renewed without a pause, at an Okta that
// reads our keys from /bff/jwks, keeps them for a while, and does not look again for a key that it does not know.
import type { JWK } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Operating, operating } from '#test/support/operating.ts';
import { running, sessionName } from '#test/support/running.ts';
import type { Visitor } from '#test/support/visitor.ts';

/** Okta keeps a key set for a second; a new key is published for longer than all caches together. */
const keptSeconds = { keySet: 1, ring: 0.5 };
const publishSeconds = 3;

const run = running({
  containers: 3,
  okta: { keySetSeconds: keptSeconds.keySet, accessTokenSeconds: 1 },
  variables: { BFF_KEY_RING_SECONDS: String(keptSeconds.ring) },
});
let operator: Operating;
beforeAll(() => {
  operator = operating(run.system);
});
afterAll(() => operator?.close());

/** `kid`s, as the authorization server sees them. */
async function published(): Promise<string[]> {
  const answer = await run.someone().send('/bff/jwks');
  return answer.json<{ keys: JWK[] }>().keys.map(({ kid = '' }) => kid);
}

const call = async (one: Visitor) => (await one.fetch('/bff/api/v1/users?limit=1')).status;

interface Assertion {
  at: number;
  key: string;
  kind: string;
  refusal?: string | undefined;
}

interface Seen {
  signIns: boolean[];
  calls: number[];
  /** As Okta judged them. */
  assertions: Assertion[];
}

/** What comes of sign-ins and of calls that renew their tokens, while `during` runs. */
async function underWay(during: (seen: Seen) => Promise<void>): Promise<Seen> {
  const people = await Promise.all(Array.from({ length: 4 }, () => run.signedIn()));
  const seen: Seen = { signIns: [], calls: [], assertions: [] };
  const unsubscribe = run.okta.events.subscribe((event) => {
    const { at, assertionKey: key, challenged, grantType, kind, status, error } = event;
    if (key === undefined || challenged) return;
    const refusal = status < 400 ? {} : { refusal: error };
    seen.assertions.push({ at, key, kind: grantType ?? kind, ...refusal });
  });
  let over = false;
  const signingIn = async () => {
    while (!over) {
      const visit = run.someone();
      await visit.signIn();
      seen.signIns.push(visit.cookie(sessionName) !== undefined);
    }
  };
  const calling = async (one: Visitor) => {
    while (!over) seen.calls.push(await call(one));
  };
  const work = [signingIn(), signingIn(), ...people.map(calling)];
  try {
    await during(seen);
  } finally {
    over = true;
    await Promise.all(work);
    unsubscribe();
  }
  return seen;
}

test('the next assertion key is published before it signs, the old one after its last signature, and nobody notices', async () => {
  const old = await published();
  const timeline: { at: number; kids: string[] }[] = [];
  const { signIns, calls, assertions } = await underWay(async (seen) => {
    let over = false;
    const event = { action: 'rotate', use: 'assertion', driver: 'd', publishSeconds } as const;
    const rotation = operator.drive(event).finally(() => {
      over = true;
    });
    while (!over) {
      timeline.push({ kids: await published(), at: Date.now() });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await rotation).toMatchObject({ code: 'rotated' });
    const signers = () => [...new Set(seen.assertions.slice(-20).map(({ key }) => key))];
    await expect
      .poll(signers, { timeout: 10_000 })
      .toEqual([expect.not.stringMatching(`^${old}$`)]);
  });
  expect(new Set(signIns)).toEqual(new Set([true]));
  expect(new Set(calls)).toEqual(new Set([200]));
  expect(assertions.filter(({ refusal }) => refusal !== undefined)).toEqual([]);
  const kinds = new Set(assertions.map(({ kind }) => kind));
  expect(kinds).toEqual(new Set(['par', 'authorization_code', 'refresh_token']));

  const after = await published();
  const [next = ''] = after.filter((kid) => !old.includes(kid));
  expect(after).toEqual([next, ...old]);
  for (const { kids } of timeline) expect(kids).toEqual(expect.arrayContaining(old));
  const firstPublished = timeline.find(({ kids }) => kids.includes(next))?.at ?? 0;
  const firstSigned = assertions.find(({ key }) => key === next)?.at ?? 0;
  expect(firstPublished).toBeGreaterThan(0);
  expect(firstSigned).toBeGreaterThan(firstPublished);

  // Its last assertion is good for two minutes: until then it is not given up.
  const [drained] = (await operator.keys('assertion')).filter(({ state }) => state === 'draining');
  const lastSigned = assertions.findLast(({ key }) => old.includes(key))?.at ?? 0;
  const refused = await operator.operate({ action: 'retire', key: drained?.id ?? '' });
  expect(refused.code).toBe('draining_recently');
  expect(Number(refused.until) * 1000).toBeGreaterThan(lastSigned + 120_000);
});
