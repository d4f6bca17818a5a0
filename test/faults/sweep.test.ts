// The sweep finds what is planted, and tries everything that it saw. `npm run faults -- --sweep` is the whole of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oktaProfile } from './actors/calls.ts';
import { signOut } from './actors/sign-out.ts';
import { casesOf } from './sweep/cases.ts';
import { play } from './sweep/play.ts';
import { type Step, steps } from './sweep/steps.ts';
import { startGround, sweep, type Verdict } from './sweep/sweep.ts';
import { lastLine, table } from './sweep/table.ts';

let ground: Awaited<ReturnType<typeof startGround>>;
beforeAll(async () => {
  ground = await startGround({});
});
afterAll(() => ground?.close());

const call: Step['act'] = ({ company, caller }) => oktaProfile(company, caller());
const brokenBy = async (session: Step['session'], act: Step['act']) => {
  const step: Step = { name: 'planted', runs: ['proxy'], session, act };
  return (await play(ground, step, { cold: false })).violations;
};

test('whichever request of a call of an API is lost, the session lives', async () => {
  const step = steps.find(({ name }) => name === 'call of Okta’s API') as Step;
  const verdicts = await sweep(ground, step, ({ cold, fault }) => !cold && fault === 'reset_after');
  expect(
    verdicts.map(({ target, answers, violations }) => [target.at, answers, violations]),
  ).toEqual(['Query', 'Sign', 'okta GET'].map((at) => [at, ['okta 200'], []]));
}, 60_000);

test('a session that ends by itself is found', async () => {
  const act: Step['act'] = async (scene) => {
    await call(scene);
    await scene.visit.fetch('/bff/logout', { method: 'POST' });
  };
  expect(await brokenBy('lives', act)).toContainEqual(
    expect.stringContaining('everything recovers: the session'),
  );
}, 60_000);

test('a session that outlives its end is found', async () => {
  expect(await brokenBy('ends', call)).toContainEqual(
    expect.stringContaining('everything recovers: the end of the session'),
  );
}, 60_000);

test('a session that ends is not lost', async () => {
  const act: Step['act'] = async (scene) => {
    await call(scene);
    await signOut(scene.company, scene.visit, scene.current(), 'fetch');
  };
  expect(await brokenBy('ends', act)).toEqual([]);
}, 60_000);

const query = { dependency: 'dynamodb', at: 'Query', nth: 0 } as const;
const sign = { dependency: 'kms', at: 'Sign', nth: 0 } as const;

test('each fault of a dependency meets each request once, in the environment that makes it', () => {
  const cases = casesOf('call', { warm: [query], cold: [query, sign] });
  expect(new Set(cases.map(({ cold, target }) => `${target.at} ${cold}`))).toEqual(
    new Set(['Query false', 'Sign true']),
  );
  expect(cases.filter(({ target }) => target === sign).map(({ fault }) => fault)).toEqual([
    'slow',
    'hang',
    'throttled',
    'unavailable',
    'refused',
    'reset_before',
    'reset_after',
    'cut_after',
    'killed_before',
    'killed_after',
  ]);
});

test('the table has one row for faults that end in the same way', () => {
  const verdict = (fault: Verdict['fault'], changes: Partial<Verdict> = {}): Verdict => ({
    step: 'call',
    cold: false,
    target: query,
    fault,
    answers: ['get 200'],
    violations: [],
    ...changes,
  });
  const verdicts = [
    verdict('slow'),
    verdict('reset_before'),
    verdict('hang', { answers: ['get 401'], violations: ['no session is lost: get'] }),
  ];
  expect(table(verdicts).split('\n').slice(2)).toEqual([
    '| call | dynamodb: Query | slow, reset_before | get 200 | holds |',
    '| call | dynamodb: Query | hang | get 401 | no session is lost: get |',
  ]);
  expect(lastLine(verdicts, 1)).toBe(
    '3 faults, 1 of them with violations (1 steps, 1 requests, 1.0 minutes)',
  );
});
