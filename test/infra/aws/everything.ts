// A deployment with every field that docs/deploy.md and the README document, for tests that must not miss one.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A built application: a page, and an asset with a hash in its name. */
export function builtSpa(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bff-spa-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>App</title>');
  writeFileSync(join(folder, 'assets/main-3f2a.js'), 'export {};');
  return folder;
}

export const everyConfigField = {
  issuer: 'https://acme.okta.com/oauth2/aus1',
  clientId: '0oa1',
  publicOrigin: 'https://app.acme.com',
  clientAuth: 'client_secret_basic',
  clientSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:okta-AbCdEf',
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  routes: [
    {
      path: '/bff/api/orders/*',
      upstream: 'https://api.acme.com/orders',
      methods: ['GET', 'POST'],
      deny: ['/admin*'],
      allowSecrets: false,
      timeoutMs: 10_000,
      token: 'dpop',
      requestHeaders: ['x-tenant'],
      responseHeaders: ['x-total'],
      wholeHost: false,
      resource: 'https://api.acme.com',
      scopes: ['orders'],
      navigable: true,
      rewriteLinks: false,
      stream: true,
    },
    { path: '/bff/api/orders/old/*', upstream: 'https://api.acme.com/old', stream: false },
  ],
  par: 'require',
  assertionAudience: 'endpoint',
  trustedAudiences: ['https://api.acme.com'],
  profile: 'okta',
  dpop: {
    keySpec: 'RSA_2048',
    required: true,
    rebindOnRefresh: true,
    replicaRegions: ['eu-central-1'],
  },
  session: { idleMinutes: 20, absoluteHours: 8, claims: ['sub', 'name'] },
  thirdPartyLogin: true,
  logout: { method: 'post' },
  pages: { name: 'Acme', logo: '/logo.svg', color: '#2f5bd7' },
  streaming: true,
  streams: { maxSeconds: 600, checkSeconds: 10 },
  keyRotation: { everyDays: 90, retire: false },
};

export const everyDeploymentField = (spa: string) => ({
  name: 'acme-bff',
  account: '111122223333',
  region: 'eu-west-1',
  certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
  hostedZoneId: 'Z1',
  hostedZoneName: 'acme.com',
  spa,
  contentSecurityPolicy: "default-src 'self'",
  alarms: true,
  alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:people',
  edgeAlarmTopicArn: 'arn:aws:sns:us-east-1:111122223333:people',
  firewall: true,
  rateLimit: 4000,
  signInRateLimit: 200,
  accessLogs: true,
  logDays: 30,
  originSecret: 2,
  removalPolicy: 'retain',
  memoryMb: 1024,
  provisionedConcurrency: 2,
  reservedConcurrency: 50,
  functions: {
    auth: { memoryMb: 768, provisionedConcurrency: 1 },
    stream: { reservedConcurrency: 40, provisionedConcurrency: 2 },
  },
  reserveConcurrency: true,
  canary: true,
  tracing: false,
  vpc: {
    vpcId: 'vpc-0123456789abcdef0',
    subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    securityGroupIds: ['sg-0123456789abcdef0'],
  },
  encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555',
  tags: { team: 'identity' },
});
