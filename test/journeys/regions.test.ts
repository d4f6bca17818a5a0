// A Region dies in the middle of a renewal: the other one goes on with the same session and the same key.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { System } from '#infra/local/run/system.ts';
import { operating } from '#test/support/operating.ts';
import { away, mortal, secondRegion, type When } from '#test/support/regions.ts';
import { running } from '#test/support/running.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';

const run = running({
  config: { dpop: { replicaRegions: [away] } },
  // Long enough for a call on a slow machine, and the longest grace that Okta offers.
  okta: { accessTokenSeconds: 3, graceSeconds: 60 },
  containers: 1,
  // Its table belongs to two Regions, which no policy of one names.
  strictIam: false,
});
let other: System;
let first: ReturnType<typeof mortal>;
beforeAll(async () => {
  const operator = operating(run.system);
  expect(await operator.operate({ action: 'replicate' })).toMatchObject({ code: 'replicated' });
  operator.close();
  other = await secondRegion(run.system, { containers: 24 });
}, 120_000);
afterAll(() => other?.close());
beforeEach(() => {
  first = mortal(run.system);
});

const path = '/bff/api/v1/users?limit=1';
const expiry = () => new Promise((resolve) => setTimeout(resolve, 3_100));
const here = async (one: Visitor) => (await one.fetch(path)).status;
/** As after the DNS has changed: the same browser, with its cookie. */
async function there(one: Visitor, to = path, method = 'GET') {
  const moved = visitor(other.url);
  for (const name of one.cookieNames()) moved.plant(name, one.cookie(name) ?? '');
  return (await moved.fetch(to, { method })).status;
}
/** A cold environment takes the place of one that died. It signs in its own Region only, so that all of it can die. */
const fresh = () => run.system.redeploy({ dpop: { replicaRegions: [] } });
const logged = (name: string) =>
  [...run.system.logs, ...other.logs].filter(({ line }) => line.includes(`"${name}"`));
const tokenCalls = () =>
  run.okta.events.list().filter(({ kind, challenged }) => kind === 'token' && !challenged);

test('killed at each step of a renewal, before it and after it, no session is lost', async () => {
  const sample = await run.signedIn();
  await expiry();
  await fresh();
  const steps = await first.living(() => here(sample));
  // The table says who renews, two keys sign, the table keeps the tokens, and the call is proven.
  expect(steps.filter((step) => step === 'Sign').length).toBeGreaterThanOrEqual(3);
  expect(steps.filter((step) => step === 'UpdateItem').length).toBeGreaterThanOrEqual(2);

  // From the lease to the proof of the call. Before them a cold environment reads what it does not know yet.
  const [lease, proof] = [steps.indexOf('UpdateItem'), steps.lastIndexOf('Sign')];
  const deaths = steps
    .slice(lease, proof + 1)
    .flatMap((_, n) =>
      (['before', 'after'] satisfies When[]).map((when) => ({ at: lease + n + 1, when })),
    );
  expect(deaths.length).toBeGreaterThanOrEqual(10);
  const people: Visitor[] = [];
  for (const _ of deaths) people.push(await run.signedIn());
  await expiry();
  run.okta.events.clear();
  const ends: Promise<[death: string, before: number | undefined, after: number]>[] = [];
  for (const [index, { at, when }] of deaths.entries()) {
    const one = people[index] as Visitor;
    let before: number | undefined;
    await fresh();
    const died = await first.dying(at, when, async () => {
      before = await here(one);
    });
    const death = `${when} ${at}: ${steps[at - 1]}`;
    expect(died, death).toBe(true);
    ends.push(there(one).then((after) => [death, before, after]));
  }
  const seen = await Promise.all(ends);
  expect(seen.filter(([, , after]) => after !== 200)).toEqual([]);
  expect(seen.filter(([, before]) => before === 200)).toEqual([]);
  expect(logged('session.ended')).toEqual([]);
  expect(tokenCalls().filter(({ status }) => status !== 200)).toEqual([]);
  expect(new Set(run.okta.events.list().flatMap(({ proof }) => proof?.jkt ?? [])).size).toBe(1);

  // The first Region comes back, and finds the sessions as the other one left them.
  await expiry();
  await fresh();
  await first.living(async () => {
    for (const one of people.slice(0, 4)) expect(await here(one)).toBe(200);
  });
}, 150_000);

test('calls that meet in both Regions on an expired token make one token call', async () => {
  await fresh();
  const ada = await run.signedIn();
  await here(ada);
  await there(ada);
  await expiry();
  run.okta.events.clear();
  const statuses = await Promise.all(
    Array.from({ length: 8 }, (_, n) => (n % 2 ? here(ada) : there(ada))),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(tokenCalls()).toHaveLength(1);
});

test('who signs out in one Region is signed out in the other', async () => {
  const ada = await run.signedIn();
  expect(await there(ada)).toBe(200);
  expect(await there(ada, '/bff/logout', 'POST')).toBe(204);
  expect(await here(ada)).toBe(401);
});
