import { describe, expect, test } from 'vitest';
import { list, type Statement, synthesise, written } from './synthesis.ts';

const { broker, state } = synthesise();

/** Statements of the function's role, and of nothing else. */
function statementsOf(name: string): Statement[] {
  const role = Object.keys(broker.of('AWS::IAM::Role')).find((id) =>
    id.startsWith(`Broker${name}Role`),
  );
  const policies = Object.values(broker.of('AWS::IAM::Policy')).filter(({ Roles }) =>
    (Roles as { Ref: string }[]).some(({ Ref }) => Ref === role),
  );
  return policies.flatMap(
    ({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement,
  );
}

/** `action on resource if condition`, one line each. */
const rightsOf = (name: string): string[] =>
  statementsOf(name)
    .flatMap((statement) =>
      list(statement.Action).map((action) => `${action} on ${target(statement)}`),
    )
    .toSorted();

function target({ Resource, Condition }: Statement): string {
  const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
  const uses = Condition?.StringEquals?.['aws:ResourceTag/bff-use'];
  if (keys) return list(keys as string | string[]).join(' ');
  if (uses) return `keys for ${list(uses as string | string[]).join(' ')}`;
  return list(Resource)
    .map(written)
    .map((arn) => arn.replace(/^<.*Table.*>\/index\//, 'index '))
    .map((arn) => arn.replace(/^<Broker(.*)Logs.*>$/, 'logs of $1'))
    .join(' ');
}

const everyFunction = (name: string) => [
  `logs:CreateLogStream on logs of ${name}`,
  `logs:PutLogEvents on logs of ${name}`,
  'xray:PutTelemetryRecords on *',
  'xray:PutTraceSegments on *',
];

const onSessions = (...actions: string[]) =>
  actions.map((action) => `dynamodb:${action} on session#*`);

describe('each function may do this and nothing else', () => {
  test('auth signs, and keeps sessions and sign-ins', () => {
    expect(rightsOf('Auth')).toEqual(
      [
        ...everyFunction('Auth'),
        ...onSessions('DeleteItem', 'PutItem', 'Query', 'UpdateItem'),
        'dynamodb:PutItem on login#*',
        'dynamodb:UpdateItem on login#*',
        'dynamodb:GetItem on mark#* ring',
        'kms:Sign on keys for dpop assertion',
        'kms:GetPublicKey on keys for dpop assertion',
      ].toSorted(),
    );
  });

  test('proxy signs and keeps sessions', () => {
    expect(rightsOf('Proxy')).toEqual(
      [
        ...everyFunction('Proxy'),
        ...onSessions('DeleteItem', 'Query', 'UpdateItem'),
        'dynamodb:GetItem on mark#* ring',
        'kms:Sign on keys for dpop assertion',
        'kms:GetPublicKey on keys for dpop assertion',
      ].toSorted(),
    );
  });

  test('machine ends sessions and publishes assertion keys, and never signs', () => {
    expect(rightsOf('Machine')).toEqual(
      [
        ...everyFunction('Machine'),
        ...onSessions('DeleteItem', 'GetItem'),
        'dynamodb:UpdateItem on mark#*',
        'dynamodb:PutItem on jti#*',
        'dynamodb:GetItem on ring',
        'dynamodb:Query on index byEmail index bySid index bySubject',
        'kms:GetPublicKey on keys for assertion',
      ].toSorted(),
    );
  });

  test('the operator manages the keys of this broker', () => {
    const managed = rightsOf('Keys').filter((right) => right.startsWith('kms:'));
    expect(managed.map((right) => right.split(' on ')[0])).toEqual(
      [
        'kms:CancelKeyDeletion',
        'kms:CreateAlias',
        'kms:CreateAlias',
        'kms:CreateKey',
        'kms:DeleteAlias',
        'kms:DeleteAlias',
        'kms:DescribeKey',
        'kms:DisableKey',
        'kms:EnableKey',
        'kms:GetKeyLastUsage',
        'kms:GetPublicKey',
        'kms:ListKeys',
        'kms:ListResourceTags',
        'kms:ReplicateKey',
        'kms:ScheduleKeyDeletion',
        'kms:Sign',
        'kms:TagResource',
        'kms:UpdateAlias',
        'kms:UpdateAlias',
      ].toSorted(),
    );
    expect(rightsOf('Keys').filter((right) => !right.startsWith('kms:'))).toEqual(
      [
        ...everyFunction('Keys'),
        ...onSessions('DeleteItem', 'GetItem'),
        'dynamodb:UpdateItem on mark#*',
        'dynamodb:GetItem on ring',
        'dynamodb:PutItem on ring',
        'dynamodb:Query on index byEmail index byKey index bySid index bySubject',
      ].toSorted(),
    );
  });

  test('the authorizer reads the origin secret', () => {
    expect(rightsOf('Authorizer').filter((right) => !right.startsWith('secretsmanager:'))).toEqual(
      everyFunction('Authorizer').toSorted(),
    );
    expect(rightsOf('Authorizer').filter((right) => right.startsWith('secretsmanager:'))).toEqual([
      expect.stringMatching(/^secretsmanager:DescribeSecret on <BrokerOriginSecretSecret1/),
      expect.stringMatching(/^secretsmanager:GetSecretValue on <BrokerOriginSecretSecret1/),
    ]);
  });

  test('the clock of the keys invokes the operator function', () => {
    expect(rightsOf('OperationsKeyClock')).toEqual([
      expect.stringMatching(/^lambda:InvokeFunction on <BrokerKeysFunction\w+\.Arn>$/),
    ]);
  });

  test('no other role may do anything with keys, sessions or secrets', () => {
    const functions = ['Auth', 'Proxy', 'Machine', 'Keys', 'Authorizer'];
    const known = [...functions, 'OperationsKeyClock'].flatMap(statementsOf);
    const all = Object.values(broker.of('AWS::IAM::Policy')).flatMap(
      ({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement,
    );
    expect(all).toHaveLength(known.length);
    const roles = Object.values(broker.of('AWS::IAM::Role'));
    expect(roles.filter((role) => role.ManagedPolicyArns || role.Policies)).toEqual([]);
  });
});

test('with replicas, the same keys are signed with in the other Region, and replicated there', () => {
  const { broker: replicated } = synthesise({ bff: { dpop: { replicaRegions: ['eu-west-1'] } } });
  const statements = (of: typeof broker) =>
    Object.values(of.of('AWS::IAM::Policy')).flatMap(
      ({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement,
    );
  const placesOf = (of: typeof broker, action: string) =>
    statements(of)
      .filter(({ Action }) => list(Action).includes(action))
      .map(({ Resource }) => list(Resource).map((arn) => /:kms:(.+?):</.exec(written(arn))?.[1]));
  for (const action of ['kms:Sign', 'kms:GetPublicKey', 'kms:ReplicateKey', 'kms:DisableKey']) {
    expect(new Set(placesOf(broker, action).flat()), action).toEqual(new Set(['<AWS::Region>']));
    for (const places of placesOf(replicated, action)) {
      expect(places, action).toEqual(['<AWS::Region>', 'eu-west-1']);
    }
  }
  const [made] = statements(replicated).filter(({ Action }) => Action === 'kms:CreateKey');
  const regions = list(made?.Condition?.StringEquals?.['aws:RequestedRegion']).map(written);
  expect(regions).toEqual(['<AWS::Region>', 'eu-west-1']);
});

describe('permissions are bounded', () => {
  const all = ['Auth', 'Proxy', 'Machine', 'Keys', 'Authorizer'].flatMap((name) =>
    statementsOf(name).map((statement) => ({ name, ...statement })),
  );

  test('no action is a wildcard', () => {
    expect(
      all.flatMap(({ Action }) => list(Action)).filter((action) => action.includes('*')),
    ).toEqual([]);
  });

  test('every resource is named, save keys by tag, new keys, lists of keys and X-Ray', () => {
    const open = all.filter(({ Resource }) => list(Resource).map(written).join().includes('*'));
    for (const { Action, Condition } of open) {
      const tagged = JSON.stringify(Condition ?? {}).includes('Tag/bff-broker');
      const harmless = list(Action).every((action) => /^(xray:Put|kms:List)/.test(action));
      const aliases = list(Action).every((action) => action.endsWith('Alias'));
      expect({ Action, bounded: tagged || harmless || aliases }).toEqual({
        Action,
        bounded: true,
      });
    }
  });

  test('items are reached by the beginning of their partition key', () => {
    const onItems = all.filter(
      ({ Action, Resource }) =>
        list(Action).some((action) => action.startsWith('dynamodb:')) &&
        !list(Resource).map(written).join().includes('/index/'),
    );
    for (const { Condition } of onItems) {
      expect(Condition).toEqual({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': expect.anything() },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      });
    }
    expect(onItems.length).toBeGreaterThan(0);
  });

  test('signing takes a key of this broker and one of the two algorithms', () => {
    const signing = all.filter(({ Action }) => list(Action).includes('kms:Sign'));
    expect(signing.map(({ name }) => name)).toEqual(['Auth', 'Proxy', 'Keys']);
    for (const { Action, Condition } of signing) {
      expect(Action).toBe('kms:Sign');
      expect(Condition).toEqual({
        StringEquals: {
          'aws:ResourceTag/bff-broker': 'okta-dpop-bff',
          'aws:ResourceTag/bff-use': ['dpop', 'assertion'],
          'kms:SigningAlgorithm': ['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'],
        },
      });
    }
  });

  test('a key can only be made with the tags, kind and use of this broker', () => {
    const [making] = all.filter(({ Action }) => list(Action).includes('kms:CreateKey'));
    expect(making?.Condition?.StringEquals).toMatchObject({
      'aws:RequestTag/bff-broker': 'okta-dpop-bff',
      'aws:RequestTag/bff-use': ['dpop', 'assertion'],
      'kms:KeySpec': ['ECC_NIST_P256', 'RSA_2048'],
      'kms:KeyUsage': 'SIGN_VERIFY',
    });
  });
});

describe('the policy of every key', () => {
  const policies = Object.values(state.of('AWS::KMS::Key')).map(
    ({ KeyPolicy }) => (KeyPolicy as { Statement: Statement[] }).Statement,
  );
  const sid = (name: string) =>
    policies.map((statements) => statements.find(({ Sid }) => Sid === name));

  test('is the same for all, and the operator gives it to the keys it makes', () => {
    expect(policies).toHaveLength(2);
    expect(policies[0]).toEqual(policies[1]);
    const operator = broker.named('BrokerKeys', 'AWS::Lambda::Function').Properties;
    const { Variables } = operator.Environment as { Variables: Record<string, unknown> };
    const policy = JSON.parse(written(Variables.BFF_KEY_POLICY));
    expect(policy.Statement.map(({ Sid }: Statement) => Sid)).toEqual(
      policies[0]?.map(({ Sid }) => Sid),
    );
  });

  test('lets the signing functions sign, with the right algorithm', () => {
    for (const statement of sid('BrokerSigns')) {
      expect(statement?.Action).toBe('kms:Sign');
      expect(
        list(statement?.Condition?.ArnEquals?.['aws:PrincipalArn']).map(written).map(roleOf),
      ).toEqual(['auth', 'proxy', 'stream', 'keys']);
      expect(statement?.Condition?.StringEquals).toEqual({
        'kms:SigningAlgorithm': ['ECDSA_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'],
      });
    }
  });

  test('has GetPublicKey in a statement without the algorithm', () => {
    for (const statement of sid('BrokerPublishes')) {
      expect(statement?.Action).toBe('kms:GetPublicKey');
      expect(Object.keys(statement?.Condition ?? {})).toEqual(['ArnEquals']);
    }
  });

  test('lets administrators administer and not sign', () => {
    for (const statement of sid('AccountAdministers')) {
      const actions = list(statement?.Action ?? []);
      expect(actions).toContain('kms:PutKeyPolicy');
      expect(
        actions.filter((action) => /\*|Sign|Verify|Decrypt|Mac|CreateGrant/.test(action)),
      ).toEqual([]);
    }
  });

  test('keeps keys in use from being deleted by anybody, and disabled by all but the operator', () => {
    for (const statement of sid('NobodyDeletesAKeyInUse')) {
      expect(statement).toMatchObject({
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:ScheduleKeyDeletion',
        Condition: { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': 7 } },
      });
      expect(Object.keys(statement?.Condition ?? {})).toEqual(['NumericLessThan']);
    }
    for (const statement of sid('OnlyTheKillSwitchDisablesAKeyInUse')) {
      expect(statement).toMatchObject({ Effect: 'Deny', Principal: '*', Action: 'kms:DisableKey' });
      expect(roleOf(written(statement?.Condition?.ArnNotEquals?.['aws:PrincipalArn']))).toBe(
        'keys',
      );
    }
  });

  test('names roles that exist', () => {
    const named = sid('BrokerPublishes').flatMap((statement) =>
      list(statement?.Condition?.ArnEquals?.['aws:PrincipalArn']).map(written).map(nameOf),
    );
    const existing = Object.values(broker.of('AWS::IAM::Role')).flatMap(({ RoleName = [] }) =>
      written(RoleName),
    );
    expect(named.filter((name) => !existing.includes(name) && !name.endsWith('-stream'))).toEqual(
      [],
    );
  });
});

const nameOf = (arn: string) => arn.split(':role/')[1] ?? '';
const roleOf = (arn: string) => nameOf(arn).split('-').at(-1);
