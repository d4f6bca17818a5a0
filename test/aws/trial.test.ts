import { expect, test } from 'vitest';
import { type ListedKey, type Trial, tryOut } from './trial.ts';

/** What was done, in order; `failing` names a step that fails. */
function trial(failing?: string, keys: ListedKey[] = rotated) {
  const steps: string[] = [];
  const step = async (what: string) => {
    steps.push(what);
    if (what === failing) throw new Error(`${what} failed`);
  };
  const parts: Trial = {
    deploy: async (origin) => {
      await step(`deploy ${origin}`);
      return {
        DistributionDomain: 'd1.cloudfront.net',
        RedirectUri: `${origin}/bff/callback`,
        SignOutRedirectUri: `${origin}/`,
        JwksUri: `${origin}/bff/jwks`,
      };
    },
    register: ({ jwksUri }) => step(`register ${jwksUri}`),
    ask: async () => {},
    operator: (...words) => step(words.slice(0, 3).join(' ')),
    keys: async () => keys,
    status: async () => 200,
    untilDeletable: () => step('until deletable'),
    destroy: () => step('destroy'),
    deleteKeys: () => step('delete keys'),
  };
  return { parts, steps };
}

const rotated: ListedKey[] = [
  { id: 'old', use: 'dpop', state: 'draining' },
  { id: 'new', use: 'dpop', state: 'active' },
];
const end = ['until deletable', 'destroy', 'delete keys'];

test('all of it runs in this order, and everything goes', async () => {
  const { parts, steps } = trial();
  await tryOut(parts);
  expect(steps).toEqual([
    'deploy https://placeholder.invalid',
    'deploy https://d1.cloudfront.net',
    'register https://d1.cloudfront.net/bff/jwks',
    'status',
    'keys rotate --reason',
    'keys disable new',
    ...end,
  ]);
});

test.each([
  'deploy https://placeholder.invalid',
  'deploy https://d1.cloudfront.net',
  'status',
  'keys disable new',
])('everything goes after a failure of: %s', async (failing) => {
  const { parts, steps } = trial(failing);
  await expect(tryOut(parts)).rejects.toThrow(`${failing} failed`);
  expect(steps.slice(-4)).toEqual([failing, ...end]);
});

test('a rotation that made nothing is a failure', async () => {
  const { parts, steps } = trial(undefined, [{ id: 'old', use: 'dpop', state: 'active' }]);
  await expect(tryOut(parts)).rejects.toThrow('no DPoP key drains');
  expect(steps.slice(-3)).toEqual(end);
});

test('a stack that cannot be destroyed is no success', async () => {
  const { parts } = trial('destroy');
  await expect(tryOut(parts)).rejects.toThrow('destroy failed');
});
