// What leads from what: a right to tag is a right to whatever tags decide. All functions together are tried against
// keys of other people, every call after every other, as long as anything changes.
import { describe, expect, test } from 'vitest';
import type { Statement } from '#infra/policy/document.ts';
import { evaluate, type PolicyRequest } from '#infra/policy/evaluate.ts';
import { deployedPolicies, place } from './deployed-policies.ts';
import { synthesise } from './synthesis.ts';

const { roles, roleArn, keyPolicy } = deployedPolicies(
  synthesise({ bff: { dpop: { replicaRegions: ['eu-west-1'] } } }),
);

interface Key {
  spec: string;
  usage: string;
  multiRegion: boolean;
  tags: Record<string, string>;
  policy: readonly Statement[];
}

/** What KMS gives a key whose maker says nothing else: all is left to the account's IAM. */
const defaultPolicy: Statement[] = [
  {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${place.account}:root` },
    Action: 'kms:*',
    Resource: '*',
  },
];

const foreign = (spec: string, usage: string, more: Partial<Key> = {}): Key => ({
  spec,
  usage,
  multiRegion: true,
  tags: {},
  policy: defaultPolicy,
  ...more,
});

const harm = [
  'Sign',
  'DisableKey',
  'ScheduleKeyDeletion',
  'PutKeyPolicy',
  'CreateGrant',
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'DeriveSharedSecret',
  'GenerateMac',
  'ReplicateKey',
  'UpdatePrimaryRegion',
  'UntagResource',
  'DeleteImportedKeyMaterial',
  'CreateAlias',
];

const arn = `arn:aws:kms:${place.region}:${place.account}:key/mrk-1`;

function may(name: string, action: string, key: Key, more: PolicyRequest['context'] = {}): boolean {
  const tags = Object.entries(key.tags).map(([tag, value]) => [`aws:ResourceTag/${tag}`, value]);
  const context = {
    'aws:RequestedRegion': place.region,
    'kms:KeySpec': key.spec,
    'kms:KeyUsage': key.usage,
    'kms:MultiRegion': String(key.multiRegion),
    'kms:SigningAlgorithm': 'ECDSA_SHA_256',
    'kms:ReplicaRegion': 'eu-west-1',
    ...Object.fromEntries(tags),
    ...more,
  };
  const request = { principal: roleArn(name), action: `kms:${action}`, resource: arn, context };
  return evaluate(request, { identity: roles[name] ?? [], resource: key.policy }).allowed;
}

/** Tags that somebody might want a key to have. */
const wishes = ['okta-dpop-bff', 'another'].flatMap((broker) =>
  ['dpop', 'assertion', 'root'].map((use) => ({ 'bff-broker': broker, 'bff-use': use })),
);

/** What can be done to a key in the end, by any of the functions, after any number of calls. */
function reached(start: Key): string[] {
  const seen = new Map<string, Key>();
  const open = [start];
  const done = new Set<string>();
  for (let key = open.pop(); key; key = open.pop()) {
    const state = JSON.stringify(Object.entries(key.tags).sort());
    if (seen.has(state)) continue;
    seen.set(state, key);
    for (const name of Object.keys(roles)) {
      for (const action of harm) if (may(name, action, key)) done.add(action);
      for (const tags of wishes) {
        const asked = {
          'aws:TagKeys': Object.keys(tags),
          ...Object.fromEntries(
            Object.entries(tags).map(([tag, value]) => [`aws:RequestTag/${tag}`, value]),
          ),
        };
        if (!may(name, 'TagResource', key, asked)) continue;
        open.push({ ...key, tags: { ...key.tags, ...tags } });
      }
    }
  }
  return [...done].sort();
}

describe('nothing can be done to a key of other people', () => {
  test.each<[string, Key]>([
    ['that encrypts', foreign('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT')],
    [
      'that encrypts, in one Region',
      foreign('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', { multiRegion: false }),
    ],
    ['that encrypts by RSA', foreign('RSA_2048', 'ENCRYPT_DECRYPT')],
    ['that agrees on keys', foreign('ECC_NIST_P256', 'KEY_AGREEMENT')],
    ['that authenticates messages', foreign('HMAC_256', 'GENERATE_VERIFY_MAC')],
    ['that signs in one Region', foreign('ECC_NIST_P256', 'SIGN_VERIFY', { multiRegion: false })],
    ['that signs by another curve', foreign('ECC_NIST_P384', 'SIGN_VERIFY')],
    ['that signs by longer RSA', foreign('RSA_4096', 'SIGN_VERIFY')],
    [
      'that belongs to another broker',
      foreign('ECC_NIST_P256', 'SIGN_VERIFY', {
        tags: { 'bff-broker': 'another', 'bff-use': 'dpop' },
      }),
    ],
    [
      'whose policy names who may use it',
      foreign('ECC_NIST_P256', 'SIGN_VERIFY', {
        policy: defaultPolicy.map((one) => ({
          ...one,
          Principal: { AWS: `arn:aws:iam::${place.account}:role/somebody` },
        })),
      }),
    ],
  ])('%s', (_name, key) => {
    expect(reached(key)).toEqual([]);
  });

  // What operators are told in docs/operations.md.
  test('save one that looks like ours and whose policy leaves all to IAM', () => {
    const twin = foreign('ECC_NIST_P256', 'SIGN_VERIFY');
    expect(reached(twin)).toEqual(
      ['CreateAlias', 'DisableKey', 'ReplicateKey', 'ScheduleKeyDeletion', 'Sign'].sort(),
    );
    expect(reached({ ...twin, tags: { team: 'payments' } })).toEqual(reached(twin));
  });
});

describe('a key of the broker', () => {
  const own = (use: string): Key =>
    foreign('ECC_NIST_P256', 'SIGN_VERIFY', {
      tags: { 'bff-broker': 'okta-dpop-bff', 'bff-use': use },
      policy: keyPolicy,
    });

  test('is administered by the operator’s function alone', () => {
    const administrators = Object.keys(roles).filter((name) =>
      harm.some((action) => action !== 'Sign' && may(name, action, own('dpop'))),
    );
    expect(administrators).toEqual(['keys']);
  });

  test('is signed with by the functions that sign, with the algorithms of tokens only', () => {
    const signers = (use: string, algorithm = 'ECDSA_SHA_256') =>
      Object.keys(roles).filter((name) =>
        may(name, 'Sign', own(use), { 'kms:SigningAlgorithm': algorithm }),
      );
    for (const use of ['dpop', 'assertion']) {
      expect(signers(use).sort()).toEqual(['auth', 'keys', 'proxy']);
      expect(signers(use, 'RSASSA_PKCS1_V1_5_SHA_256').sort()).toEqual(['auth', 'keys', 'proxy']);
      expect(signers(use, 'ECDSA_SHA_384')).toEqual([]);
      expect(signers(use, 'RSASSA_PSS_SHA_256')).toEqual([]);
    }
    expect(signers('root')).toEqual([]);
  });

  test('gets neither another policy nor a grant from any function', () => {
    for (const action of ['PutKeyPolicy', 'CreateGrant', 'UntagResource', 'UpdatePrimaryRegion']) {
      expect(reached(own('dpop'))).not.toContain(action);
    }
  });

  test('that signed lately is deleted by nobody, and disabled by the operator’s function only', () => {
    const lately = { 'kms:TrailingDaysWithoutKeyUsage': '6' };
    const longAgo = { 'kms:TrailingDaysWithoutKeyUsage': '7' };
    const admin = [{ Effect: 'Allow', Action: '*', Resource: '*' }] as const;
    const asAdmin = (action: string, context: PolicyRequest['context']) =>
      evaluate(
        { principal: `${roleArn('x')}Admin`, action: `kms:${action}`, resource: arn, context },
        { identity: admin, resource: keyPolicy },
      ).allowed;
    expect(may('keys', 'DisableKey', own('dpop'), lately)).toBe(true);
    expect(may('keys', 'ScheduleKeyDeletion', own('dpop'), lately)).toBe(false);
    expect(may('keys', 'ScheduleKeyDeletion', own('dpop'), longAgo)).toBe(true);
    expect(asAdmin('DisableKey', lately)).toBe(false);
    expect(asAdmin('DisableKey', longAgo)).toBe(true);
    expect(asAdmin('ScheduleKeyDeletion', lately)).toBe(false);
    // The way out when the operator's role itself has leaked.
    expect(asAdmin('PutKeyPolicy', lately)).toBe(true);
  });
});
