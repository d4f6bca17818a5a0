import { expect, test } from 'vitest';
import { readCloudwatch, readLeanAws } from '#shared/config/aws-environment.ts';

const lambda = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'ASIA1',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
};

test('what Lambda sets is enough to reach AWS without the SDK', () => {
  expect(readLeanAws(lambda)).toEqual({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'ASIA1', secretAccessKey: 'secret', sessionToken: 'token' },
    endpoints: {
      kms: 'https://kms.eu-central-1.amazonaws.com',
      dynamodb: 'https://dynamodb.eu-central-1.amazonaws.com',
      secretsmanager: 'https://secretsmanager.eu-central-1.amazonaws.com',
    },
  });
});

test('the SDK’s variables name other endpoints', () => {
  const kms = 'http://127.0.0.1:4001';
  const both = 'http://127.0.0.1:4000';
  const endpointsOf = (env: object) => readLeanAws({ ...lambda, ...env })?.endpoints;
  expect(endpointsOf({ AWS_ENDPOINT_URL_KMS: kms })).toMatchObject({
    kms,
    dynamodb: 'https://dynamodb.eu-central-1.amazonaws.com',
  });
  expect(endpointsOf({ AWS_ENDPOINT_URL: both, AWS_ENDPOINT_URL_SECRETS_MANAGER: kms })).toEqual({
    kms: both,
    dynamodb: both,
    secretsmanager: kms,
  });
});

test.each([
  ['it is asked for', { BFF_AWS_CLIENT: 'sdk' }],
  ['credentials come from elsewhere', { AWS_ACCESS_KEY_ID: undefined }],
  ['a secret is missing', { AWS_SECRET_ACCESS_KEY: '' }],
  ['the Region is unknown', { AWS_REGION: undefined }],
  ['host names differ: China', { AWS_REGION: 'cn-north-1' }],
  ['host names differ: an isolated partition', { AWS_REGION: 'us-iso-east-1' }],
  ['host names differ: FIPS', { AWS_USE_FIPS_ENDPOINT: 'true' }],
  ['host names differ: dual stack', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }],
])('the SDK makes the calls where %s', (_title, env) => {
  expect(readLeanAws({ ...lambda, ...env })).toBeUndefined();
});

test('CloudWatch is asked in the Region that is named, whichever client makes the other calls', () => {
  const at = (env: object) => readCloudwatch('eu-west-1', { ...lambda, ...env }).endpoint;
  expect(at({ BFF_AWS_CLIENT: 'sdk' })).toBe('https://monitoring.eu-west-1.amazonaws.com');
  expect(at({ AWS_USE_FIPS_ENDPOINT: 'true' })).toBe(
    'https://monitoring-fips.eu-west-1.amazonaws.com',
  );
  expect(at({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' })).toBe('http://127.0.0.1:4566');
  const { region, credentials } = readCloudwatch('eu-west-1', lambda);
  expect([region, credentials]).toEqual(['eu-west-1', readLeanAws(lambda)?.credentials]);
});
