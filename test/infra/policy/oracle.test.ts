// Our evaluator beside one that we did not write, with AWS's own list of the condition keys that each action presents:
// on every statement of ours, met and missed by one fact each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { keyPolicy } from '#infra/aws/rights/key-policy.ts';
import { roleArn } from '#infra/aws/rights/names.ts';
import { type Rights, type RoleName, rights } from '#infra/aws/rights/rights.ts';
import { root } from '#infra/bundle.ts';
import { statementsOf } from '#infra/local/aws/iam/guard.ts';
import type { Context } from '#infra/policy/conditions.ts';
import { listed, type Statement } from '#infra/policy/document.ts';
import { evaluate, type Policies, type PolicyRequest } from '#infra/policy/evaluate.ts';

const place = { partition: 'aws', region: 'us-east-1', account: '111122223333' };
const scope = { place, broker: 'acme', replicaRegions: ['eu-west-1'] };
const tableArn = 'arn:aws:dynamodb:us-east-1:111122223333:table/bff';
const names = Object.keys(rights) as RoleName[];
const statements = (name: RoleName) => statementsOf({ scope, tableArn }, rights[name] as Rights);
const policyOfKeys = keyPolicy({ ...scope, keep: true }).Statement;

interface Case extends Policies {
  request: PolicyRequest;
}

/** All that each statement says of a request, as one that meets it. */
function meets({ Condition = {} }: Statement): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys)
        .filter(([key]) => key !== 'aws:PrincipalArn' && operator !== 'Null')
        .map(([key, wanted]) => {
          const [first = ''] = listed(typeof wanted === 'object' ? wanted : String(wanted));
          const value = first.replace('*', 'x');
          return [key, /^ForA/.test(operator) ? [value] : value];
        }),
    ),
  );
}

const concrete = (arn: string) =>
  arn.replace(
    /\/\*$/,
    arn.includes(':role/') ? '/AWSServiceRoleForKeyManagementServiceMultiRegionKeys' : '/mrk-1',
  );

const isOfKey = (request: PolicyRequest) => /:kms:.*:key\//.test(request.resource);

function* cases(): Iterable<Case> {
  const admin: Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  for (const caller of names) {
    for (const owner of names) {
      for (const statement of statements(owner)) {
        for (const action of listed(statement.Action)) {
          for (const resource of listed(statement.Resource).map(concrete)) {
            const principal = roleArn(place, 'acme', caller);
            const request = { principal, action, resource, context: meets(statement) };
            const variants = owner === caller ? [request, ...changed(request)] : [request];
            for (const one of variants) {
              const resources = isOfKey(one) ? { resource: policyOfKeys } : {};
              yield { request: one, identity: statements(caller), ...resources };
            }
          }
        }
      }
    }
  }
  for (const statement of policyOfKeys) {
    for (const action of listed(statement.Action)) {
      for (const name of ['keys', 'auth', 'machine'] as const) {
        const principal = roleArn(place, 'acme', name);
        const resource = 'arn:aws:kms:us-east-1:111122223333:key/mrk-1';
        const request = { principal, action, resource, context: meets(statement) };
        for (const one of [request, ...changed(request)]) {
          yield { request: one, identity: admin, resource: policyOfKeys };
        }
      }
    }
  }
}

/** One fact changed or missing; and a key that signed lately, or long ago. */
function changed(request: PolicyRequest): PolicyRequest[] {
  const { context } = request;
  const other = (key: string, value: Context[string]) => {
    const { [key]: _, ...others } = context;
    return { ...request, context: value === undefined ? others : { ...others, [key]: value } };
  };
  const facts = Object.entries(context).flatMap(([key, value]) => [
    other(key, undefined),
    other(key, typeof value === 'string' ? 'another' : ['another']),
    ...(typeof value === 'string' ? [] : [other(key, [...(value ?? []), 'another'])]),
  ]);
  const usage = /Disable|Deletion/.test(request.action)
    ? ['3', '7'].map((days) => other('kms:TrailingDaysWithoutKeyUsage', days))
    : [];
  return [...facts, ...usage];
}

const installed = [join(root, 'x.js'), `${process.env.BFF_TEST_MODULES}/x.js`].find((from) =>
  existsSync(join(dirname(from), 'node_modules/@cloud-copilot/iam-simulate/package.json')),
);

async function oracle(all: readonly Case[]): Promise<string[]> {
  const program = fileURLToPath(new URL('oracle.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, installed ?? '']);
  child.stdin.end(JSON.stringify(all));
  const [said, fault] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(fault);
  return JSON.parse(said) as string[];
}

const title = 'iam-simulate says of every request what our evaluator says';
if (installed) {
  test(title, { timeout: 120_000 }, async () => {
    const all = [...cases()];
    const said = await oracle(all);
    const differing = all.flatMap(({ request, ...policies }, at) => {
      const ours = evaluate(request, policies).allowed;
      const agree = ours ? said[at] === 'Allowed' : /^\w+Denied$/.test(said[at] ?? '');
      return agree ? [] : [{ ours, theirs: said[at], request }];
    });
    expect(differing).toEqual([]);
    const allowed = said.filter((one) => one === 'Allowed').length;
    expect(allowed).toBeGreaterThan(100);
    expect(said.length - allowed).toBeGreaterThan(300);
  });
} else {
  test.skip(`${title}: not installed (npm i --no-save @cloud-copilot/iam-simulate@0.1.173)`, () => {});
  console.warn(
    'The evaluator of policies is not judged: @cloud-copilot/iam-simulate is not installed.',
  );
}
