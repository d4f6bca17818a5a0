import { describe, expect, test } from 'vitest';
import { type Context, unmetConditions } from '#infra/policy/conditions.ts';
import type { Conditions, Statement } from '#infra/policy/document.ts';
import { evaluate, type Policies, type PolicyRequest } from '#infra/policy/evaluate.ts';

const root = 'arn:aws:iam::111122223333:root';
const role = 'arn:aws:iam::111122223333:role/app';
const key = 'arn:aws:kms:us-east-1:111122223333:key/k1';
const asked: PolicyRequest = { principal: role, action: 'kms:Sign', resource: key, context: {} };

const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: 'kms:Sign',
  Resource: '*',
  ...more,
});
const deny = (more: Partial<Statement> = {}): Statement => ({ ...allow(more), Effect: 'Deny' });
const allowed = (policies: Policies, request: Partial<PolicyRequest> = {}) =>
  evaluate({ ...asked, ...request }, policies).allowed;

describe('a role’s own policy', () => {
  test('allows what a statement names, and nothing else', () => {
    expect(allowed({ identity: [] })).toBe(false);
    expect(allowed({ identity: [allow()] })).toBe(true);
    expect(allowed({ identity: [allow()] }, { action: 'kms:SignAll' })).toBe(false);
    expect(allowed({ identity: [allow()] }, { action: 'KMS:sign' })).toBe(true);
    expect(allowed({ identity: [allow({ Resource: key })] })).toBe(true);
    expect(allowed({ identity: [allow({ Resource: key.slice(0, -1) })] })).toBe(false);
    expect(allowed({ identity: [allow({ Action: ['kms:Get*', 'kms:S?gn'] })] })).toBe(true);
    expect(allowed({ identity: [allow({ Resource: 'arn:aws:kms:*:111122223333:key/*' })] })).toBe(
      true,
    );
    expect(allowed({ identity: [allow({ Resource: 'arn:aws:kms:*:111122223333:alias/*' })] })).toBe(
      false,
    );
  });

  test('denies what a Deny names, whatever else allows it', () => {
    const denial = deny();
    expect(evaluate(asked, { identity: [allow(), denial] })).toEqual({
      allowed: false,
      whose: 'identity',
      denial,
    });
  });

  test('tells which conditions of which statement were not met', () => {
    const statement = allow({ Condition: { StringEquals: { 'kms:KeyUsage': 'SIGN_VERIFY' } } });
    const context = { 'kms:KeyUsage': 'ENCRYPT_DECRYPT' };
    expect(evaluate({ ...asked, context }, { identity: [statement] })).toEqual({
      allowed: false,
      whose: 'identity',
      near: [
        {
          statement,
          unmet: [
            {
              operator: 'StringEquals',
              key: 'kms:KeyUsage',
              wanted: 'SIGN_VERIFY',
              given: 'ENCRYPT_DECRYPT',
            },
          ],
        },
      ],
    });
  });
});

describe('the policy of a key', () => {
  test('must allow as well, and leaves it to the role’s policy where it names the account', () => {
    const account = allow({ Principal: { AWS: root } });
    expect(allowed({ identity: [allow()], resource: [] })).toBe(false);
    expect(allowed({ identity: [allow()], resource: [account] })).toBe(true);
    expect(allowed({ identity: [], resource: [account] })).toBe(false);
  });

  test('suffices where it names the role', () => {
    expect(allowed({ identity: [], resource: [allow({ Principal: { AWS: role } })] })).toBe(true);
    expect(allowed({ identity: [], resource: [allow({ Principal: '*' })] })).toBe(true);
    const another = allow({ Principal: { AWS: `${role}2` } });
    expect(allowed({ identity: [allow()], resource: [another] })).toBe(false);
    const elsewhere = allow({ Principal: { AWS: root.replace('1111', '2222') } });
    expect(allowed({ identity: [allow()], resource: [elsewhere] })).toBe(false);
  });

  test('denies everybody whom a Deny names', () => {
    const account = allow({ Principal: { AWS: root } });
    for (const Principal of ['*', { AWS: root }, { AWS: role }] as const) {
      const denial = deny({ Principal });
      expect(evaluate(asked, { identity: [allow()], resource: [account, denial] })).toMatchObject({
        allowed: false,
        whose: 'resource',
        denial,
      });
    }
  });

  test('knows the caller by the ARN of the role', () => {
    const Condition = { ArnEquals: { 'aws:PrincipalArn': [role] } };
    const resource = [allow({ Principal: { AWS: root }, Condition })];
    expect(allowed({ identity: [allow()], resource })).toBe(true);
    expect(allowed({ identity: [allow()], resource }, { principal: `${role}s` })).toBe(false);
  });
});

describe('conditions', () => {
  const holds = (conditions: Conditions, context: Context) =>
    unmetConditions(conditions, context).length === 0;

  test.each<[string, Conditions, Context, boolean]>([
    ['equal', { StringEquals: { 'kms:KeySpec': 'A' } }, { 'kms:KeySpec': 'A' }, true],
    [
      'one of several',
      { StringEquals: { 'kms:KeySpec': ['A', 'B'] } },
      { 'kms:KeySpec': 'B' },
      true,
    ],
    ['another case', { StringEquals: { 'kms:KeySpec': 'A' } }, { 'kms:KeySpec': 'a' }, false],
    ['no wildcards', { StringEquals: { 'kms:KeySpec': '*' } }, { 'kms:KeySpec': 'A' }, false],
    ['absent', { StringEquals: { 'kms:KeySpec': 'A' } }, {}, false],
    ['absent, if it exists', { StringEqualsIfExists: { 'kms:KeySpec': 'A' } }, {}, true],
    [
      'other, if it exists',
      { StringEqualsIfExists: { 'kms:KeySpec': 'A' } },
      { 'kms:KeySpec': 'B' },
      false,
    ],
    ['absent and not equal', { StringNotEquals: { 'kms:KeySpec': 'A' } }, {}, true],
    [
      'none of several',
      { StringNotEquals: { 'kms:KeySpec': ['A', 'B'] } },
      { 'kms:KeySpec': 'B' },
      false,
    ],
    ['like', { StringLike: { 'kms:KeySpec': 'A*' } }, { 'kms:KeySpec': 'AB' }, true],
    ['a dot is a dot', { StringLike: { 'kms:KeySpec': 'A.*' } }, { 'kms:KeySpec': 'ABC' }, false],
    ['true', { Bool: { 'kms:MultiRegion': true } }, { 'kms:MultiRegion': 'true' }, true],
    ['false', { Bool: { 'kms:MultiRegion': 'true' } }, { 'kms:MultiRegion': 'false' }, false],
    ['absent Bool', { Bool: { 'kms:MultiRegion': 'true' } }, {}, false],
    ['absent Bool, if it exists', { BoolIfExists: { 'kms:MultiRegion': 'true' } }, {}, true],
    [
      'less',
      { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': 7 } },
      { 'kms:TrailingDaysWithoutKeyUsage': '6' },
      true,
    ],
    [
      'not less',
      { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': 7 } },
      { 'kms:TrailingDaysWithoutKeyUsage': '7' },
      false,
    ],
    [
      'no number',
      { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': 7 } },
      { 'kms:TrailingDaysWithoutKeyUsage': '' },
      false,
    ],
    ['unknown usage', { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': 7 } }, {}, false],
    [
      'is there',
      { Null: { 'dynamodb:LeadingKeys': 'false' } },
      { 'dynamodb:LeadingKeys': ['a'] },
      true,
    ],
    ['is missing', { Null: { 'dynamodb:LeadingKeys': 'false' } }, {}, false],
    [
      'is empty',
      { Null: { 'dynamodb:LeadingKeys': 'false' } },
      { 'dynamodb:LeadingKeys': [] },
      false,
    ],
    ['must not be there', { Null: { 'dynamodb:LeadingKeys': 'true' } }, {}, true],
    [
      'all',
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'a*' } },
      { 'dynamodb:LeadingKeys': ['a', 'ab'] },
      true,
    ],
    [
      'not all',
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'a*' } },
      { 'dynamodb:LeadingKeys': ['a', 'b'] },
      false,
    ],
    ['all of none', { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'a*' } }, {}, true],
    [
      'any',
      { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } },
      { 'aws:TagKeys': ['b', 'a'] },
      true,
    ],
    ['any of none', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } }, {}, false],
    [
      'an ARN',
      { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/a' } },
      { 'aws:PrincipalArn': 'arn:aws:iam::1:role/a' },
      true,
    ],
    [
      'ARNs like it',
      { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } },
      { 'aws:PrincipalArn': 'arn:aws:iam::1:role/a/b' },
      true,
    ],
    [
      'part by part',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:role/a' } },
      { 'aws:PrincipalArn': 'arn:aws:iam::1:role/a' },
      false,
    ],
    [
      'another ARN',
      { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/a' } },
      { 'aws:PrincipalArn': 'arn:aws:iam::1:role/b' },
      true,
    ],
  ])('%s', (_name, conditions, context, met) => {
    expect(holds(conditions, context)).toBe(met);
  });
});

describe('what our policies do not use is an error, not a guess', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['an element', { NotAction: 'kms:Sign' }, /element NotAction/],
    ['an effect', { Effect: 'Maybe' }, /effect Maybe/],
    [
      'an operator',
      { Condition: { StringEqualsIgnoreCase: { 'kms:KeySpec': 'a' } } },
      /operator StringEqualsIgnoreCase/,
    ],
    [
      'a misspelt operator',
      { Condition: { StringEqualIfExists: { 'kms:KeySpec': 'a' } } },
      /operator StringEqualIfExists/,
    ],
    [
      'a misspelt key',
      { Condition: { StringEqualsIfExists: { 'kms:Keyspec': 'a' } } },
      /key kms:Keyspec/,
    ],
    [
      'a variable',
      { Condition: { StringEquals: { 'kms:KeySpec': '$' + '{aws:userid}' } } },
      /variables/,
    ],
    [
      'several values for an operator of one',
      { Condition: { StringEquals: { 'aws:TagKeys': 'a' } } },
      /aws:TagKeys has several values/,
    ],
  ])('%s', (_name, wrong, message) => {
    const statement = { ...allow(), ...wrong } as Statement;
    const context = { 'aws:TagKeys': ['a'] };
    expect(() => evaluate({ ...asked, context }, { identity: [statement] })).toThrow(message);
  });
});
