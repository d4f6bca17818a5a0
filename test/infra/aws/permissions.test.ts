import { describe, expect, test } from 'vitest';
import { deployedPolicies, plain } from './deployed-policies.ts';
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
        'kms:DescribeKey',
        'kms:DisableKey',
        'kms:EnableKey',
        'kms:GetKeyLastUsage',
        'kms:GetPublicKey',
        'kms:ListKeys',
        'kms:ListResourceTags',
        'kms:ScheduleKeyDeletion',
        'kms:Sign',
        'kms:TagResource',
      ].toSorted(),
    );
    expect(rightsOf('Keys').filter((right) => !right.startsWith('kms:'))).toEqual(
      [
        ...everyFunction('Keys'),
        'cloudwatch:GetMetricData on *',
        'cloudwatch:ListMetrics on *',
        'iam:CreateServiceLinkedRole on arn:<AWS::Partition>:iam::<AWS::AccountId>:role/aws-service-role/mrk.kms.amazonaws.com/*',
        ...onSessions('DeleteItem', 'GetItem', 'Query'),
        'dynamodb:UpdateItem on mark#*',
        'dynamodb:GetItem on ring',
        'dynamodb:PutItem on ring',
        'dynamodb:Query on index byEmail index byKey index bySubject',
      ].toSorted(),
    );
  });

  test('the authorizer reads the origin secret', () => {
    expect(rightsOf('Authorizer').filter((right) => !right.startsWith('secretsmanager:'))).toEqual(
      everyFunction('Authorizer').toSorted(),
    );
    expect(rightsOf('Authorizer').filter((right) => right.startsWith('secretsmanager:'))).toEqual([
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
  const statements = (of: typeof broker, action: string) =>
    Object.values(of.of('AWS::IAM::Policy'))
      .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement)
      .filter(({ Action }) => list(Action).includes(action));
  const placesOf = (of: typeof broker, action: string) =>
    statements(of, action).map(({ Resource }) =>
      list(Resource).map((arn) => /:kms:(.+?):</.exec(written(arn))?.[1]),
    );
  for (const action of ['kms:Sign', 'kms:GetPublicKey', 'kms:TagResource', 'kms:DisableKey']) {
    expect(new Set(placesOf(broker, action).flat()), action).toEqual(new Set(['<AWS::Region>']));
    for (const places of placesOf(replicated, action)) {
      expect(places, action).toEqual(['<AWS::Region>', 'eu-west-1']);
    }
  }
  expect(statements(broker, 'kms:ReplicateKey')).toEqual([]);
  const replicaRegions = statements(replicated, 'kms:ReplicateKey').map(
    ({ Condition }) => Condition?.StringEquals?.['kms:ReplicaRegion'],
  );
  expect(replicaRegions.map((one) => list(one as string | string[]))).toEqual([['eu-west-1']]);
  // New keys are made at home; elsewhere only as copies.
  const made = statements(replicated, 'kms:CreateKey').map(({ Condition }) =>
    list(Condition?.StringEquals?.['aws:RequestedRegion']).map(written),
  );
  expect(made).toEqual([['<AWS::Region>'], ['eu-west-1']]);
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

  test('a resource is a pattern only where keys, aliases or a role of KMS have no name yet, or AWS knows none', () => {
    const open = all.flatMap(({ Action, Resource }) =>
      list(Resource)
        .map(written)
        .filter((resource) => resource.includes('*') && !resource.includes('/index/'))
        .flatMap((resource) => list(Action).map((action) => `${action} on ${resource}`)),
    );
    const account = '<AWS::AccountId>';
    const keys = `arn:<AWS::Partition>:kms:<AWS::Region>:${account}:key/*`;
    expect(new Set(open)).toEqual(
      new Set([
        'xray:PutTelemetryRecords on *',
        'xray:PutTraceSegments on *',
        'kms:CreateKey on *',
        'kms:ListKeys on *',
        // CloudWatch knows no resources when metrics are read: their Regions are limited.
        'cloudwatch:GetMetricData on *',
        'cloudwatch:ListMetrics on *',
        `iam:CreateServiceLinkedRole on arn:<AWS::Partition>:iam::${account}:role/aws-service-role/mrk.kms.amazonaws.com/*`,
        `kms:CreateAlias on arn:<AWS::Partition>:kms:<AWS::Region>:${account}:alias/okta-dpop-bff/*`,
        ...[
          'CancelKeyDeletion',
          'CreateAlias',
          'DescribeKey',
          'DisableKey',
          'EnableKey',
          'GetKeyLastUsage',
          'GetPublicKey',
          'ListResourceTags',
          'ScheduleKeyDeletion',
          'Sign',
          'TagResource',
        ].map((action) => `kms:${action} on ${keys}`),
      ]),
    );
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

  test('auth, proxy and the operator sign, each by a statement of its own', () => {
    const signing = all.filter(({ Action }) => list(Action).includes('kms:Sign'));
    expect(signing.map(({ name }) => name)).toEqual(['Auth', 'Proxy', 'Keys']);
    expect(signing.map(({ Action }) => Action)).toEqual(['kms:Sign', 'kms:Sign', 'kms:Sign']);
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
    const given = JSON.parse(plain(Variables.BFF_KEY_POLICY) as string);
    expect(given).toEqual({ Version: '2012-10-17', Statement: plain(policies[0]) });
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
        actions.filter((action) => /\*|Sign|Verify|PublicKey|Decrypt|Mac|CreateGrant/.test(action)),
      ).toEqual([]);
    }
  });

  test('lets the account’s IAM allow the operator all that it does to keys, which IAM alone cannot', () => {
    const delegated = new Set(
      [...sid('AccountAdministers'), ...sid('BrokerPublishes')].flatMap((one) =>
        list(one?.Action ?? []),
      ),
    );
    const withReplicas = deployedPolicies(
      synthesise({ bff: { dpop: { replicaRegions: ['eu-west-1'] } } }),
    );
    const onKeys = (withReplicas.roles.keys ?? [])
      .filter(({ Resource }) => [Resource].flat().some((arn) => arn.includes(':key/')))
      .flatMap(({ Action }) => [Action].flat())
      .filter((action) => action !== 'kms:Sign');
    expect(onKeys.length).toBeGreaterThan(8);
    expect(onKeys.filter((action) => !delegated.has(action))).toEqual([]);
  });

  test('keys without value may be disabled and deleted at any time, so that their stack can be destroyed', () => {
    const gone = synthesise({ removalPolicy: 'destroy' });
    const { keyPolicy } = deployedPolicies(gone);
    expect(keyPolicy.map(({ Effect }) => Effect)).toEqual(['Allow', 'Allow', 'Allow']);
    const { Variables } = gone.broker.named('BrokerKeys', 'AWS::Lambda::Function').Properties
      .Environment as { Variables: Record<string, unknown> };
    expect(plain(Variables.BFF_KEY_POLICY)).not.toContain('Deny');
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

describe('the secret of the client', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:okta';
  const readers = (clientSecretArn: string) => {
    const bff = { clientAuth: 'client_secret_basic', clientSecretArn, streaming: true };
    const { roles } = deployedPolicies(synthesise({ bff }));
    return Object.entries(roles)
      .flatMap(([name, statements]) => statements.map((statement) => ({ name, statement })))
      .filter(({ statement }) => JSON.stringify(statement.Resource).includes(':secret:okta'))
      .map(({ name, statement: { Action, Resource } }) => [name, Action, Resource]);
  };

  test.each([
    ['with the characters that Secrets Manager adds', `${arn}-AbCd12`, `${arn}-AbCd12`],
    ['without them', arn, `${arn}-??????`],
  ])('is read by what signs users in and calls for them, %s', (_name, given, resource) => {
    expect(readers(given)).toEqual(
      ['auth', 'proxy', 'stream'].map((name) => [name, 'secretsmanager:GetSecretValue', resource]),
    );
  });
});
