import { expect, test } from 'vitest';
import { dependencies, dependenciesOf, kinds } from './plan/kinds.ts';
import { type Plan, planOf } from './plan/plan.ts';

const phases = 24;

/** Every decision of a plan, as far as anybody asks. */
function decisions(plan: Plan): string[] {
  const numbers = Array.from({ length: phases }, (_, nth) => nth);
  return [
    ...numbers.flatMap((phase) =>
      dependencies.map((dependency) => JSON.stringify(plan.weather(phase, dependency))),
    ),
    ...numbers.map((phase) => JSON.stringify(plan.incidents(phase))),
    ...numbers.flatMap((phase) =>
      dependencies.flatMap((dependency) =>
        numbers.map((nth) => String(plan.fault({ phase, dependency, step: 'a step', nth }))),
      ),
    ),
  ];
}

test('the same seed plans the same faults, in whatever order it is asked', () => {
  const [one, other] = [planOf(7, { users: 8 }), planOf(7, { users: 8 })];
  other.fault({ phase: 3, dependency: 'kms', step: 'Sign', nth: 99 });
  expect(decisions(one)).toEqual(decisions(other));
});

test('another seed plans other faults', () => {
  expect(decisions(planOf(7, { users: 8 }))).not.toEqual(decisions(planOf(8, { users: 8 })));
});

test('a plan has every fault of every dependency, calm, and servers that are away', () => {
  const plan = planOf(1, { users: 8 });
  const requests = 300;
  for (const dependency of dependencies) {
    const found = new Set<string | undefined>();
    const weathers = new Set<string>();
    for (let phase = 0; phase < 200; phase++) weathers.add(plan.weather(phase, dependency).kind);
    for (let phase = 0; phase < phases; phase++) {
      for (let nth = 0; nth < requests; nth++) {
        found.add(plan.fault({ phase, dependency, step: `step ${phase}`, nth }));
      }
    }
    expect([...found].filter((fault) => fault !== undefined).sort()).toEqual(
      [...kinds[dependency]].sort(),
    );
    expect([...weathers].sort()).toEqual(['away', 'calm', 'flaky']);
  }
});

test('a plan can be narrowed to one fault of one step, for whoever repeats a run', () => {
  const asked = { phase: 0, dependency: 'issuer', step: 'token refresh_token' } as const;
  const faultsOf = (only?: string) => {
    const plan = planOf(2, { users: 8, only });
    return Array.from({ length: 2_000 }, (_, nth) =>
      plan.fault({ ...asked, phase: nth % 40, nth }),
    );
  };
  const all = new Set(faultsOf());
  expect(all.size).toBeGreaterThan(5);
  expect(new Set(faultsOf('issuer/token refresh_token/reset_after'))).toEqual(
    new Set([undefined, 'reset_after']),
  );
  expect(new Set(faultsOf('issuer/hang'))).toEqual(new Set([undefined, 'hang']));
  expect(new Set(faultsOf('kms'))).toEqual(new Set([undefined]));
});

test('a client without a secret has none that could fail', () => {
  const plan = planOf(1, { users: 8, dependencies: dependenciesOf('key') });
  const all = Array.from({ length: 200 }, (_, phase) => plan.weather(phase, 'secrets').kind);
  expect(new Set(all)).toEqual(new Set(['calm']));
});

test('each kind of incident happens sooner or later', () => {
  const plan = planOf(1, { users: 8 });
  const kinds = new Set(
    Array.from({ length: 300 }, (_, phase) => plan.incidents(phase))
      .flat()
      .map(({ incident }) =>
        'use' in incident ? `${incident.kind} ${incident.use}` : incident.kind,
      ),
  );
  expect([...kinds].sort()).toEqual([
    'back_channel_logout',
    'everything_dies',
    'front_channel_logout',
    'issuer_revokes',
    'key_rotates assertion',
    'key_rotates dpop',
    'kill',
    'kill_switch assertion',
    'kill_switch dpop',
    'nonces_rotate',
    'operator_revokes',
    'region_dies',
    'universal_logout',
  ]);
});
