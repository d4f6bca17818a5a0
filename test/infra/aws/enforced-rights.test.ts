// What the local system enforces is what the stack deploys: each right of each role, whatever statements the CDK made of
// them.
import { expect, test } from 'vitest';
import { keyPolicy } from '#infra/aws/rights/key-policy.ts';
import { type Rights, type RoleName, rights } from '#infra/aws/rights/rights.ts';
import { statementsOf } from '#infra/local/aws/iam/guard.ts';
import { listed, type Statement } from '#infra/policy/document.ts';
import { deployedPolicies, place, tableArn } from './deployed-policies.ts';
import { synthesise } from './synthesis.ts';

const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:okta-AbCd12';
const deployed = deployedPolicies(
  synthesise({
    bff: {
      streaming: true,
      clientAuth: 'client_secret_basic',
      clientSecretArn: secretArn,
      dpop: { replicaRegions: ['eu-west-1'] },
    },
  }),
);
const broker = 'okta-dpop-bff';
const scope = { place, broker, replicaRegions: ['eu-west-1'] };

/** One action on one resource under its conditions, each. */
const atoms = (statements: readonly Statement[]): string[] =>
  statements
    .flatMap(({ Effect, Action, Resource, Principal, Condition = {} }) =>
      listed(Action).flatMap((action) =>
        listed(Resource).map((resource) =>
          JSON.stringify([Effect, Principal, action, resource, sorted(Condition)]),
        ),
      ),
    )
    .toSorted();

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.toSorted();
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

test.each(Object.keys(rights) as RoleName[])('the role of %s', (name) => {
  // Without what Lambda itself needs, and the secret between CloudFront and the APIs, which a local system does not have.
  const own = atoms(deployed.roles[name] ?? []).filter(
    (right) => !/"(logs|xray):|OriginSecret/.test(right),
  );
  const enforced = statementsOf({ scope, tableArn, secretArn }, rights[name] as Rights);
  expect(own).toEqual(atoms(enforced));
});

test('the policy of a key', () => {
  expect(atoms(deployed.keyPolicy)).toEqual(
    atoms(keyPolicy({ place, broker, keep: true }).Statement),
  );
});
