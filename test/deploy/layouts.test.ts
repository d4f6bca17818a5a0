// Deployments other than the default one, in one account: 0.1.0 with a domain of its own, upgraded to what is here,
// with streaming; beside it, in another Region and with the same name, the app of a team that only has the package;
// and the teardown, by the commands of docs/deploy.md. emulator.py says what it corrects; deploy.test.ts says what is
// left out. Whether a stream arrives piece by piece cannot be seen here: the emulator keeps an answer until it is
// whole (test/infra/local/gateway-stream.test.ts holds that, with Lambda's way of streaming).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Okta, startOkta } from '#infra/local/okta/index.ts';
import { cdkApp } from '#test/package/cdk-app.ts';
import { deadOrigin } from '#test/support/loopback.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';
import { awsFor, missingAws } from './aws.ts';
import { cdkFor } from './cdk.ts';
import { type Emulator, missing, startEmulator } from './emulator.ts';
import { largeBytes, largeFiles } from './large-files.ts';
import { missingRelease, releasedSources } from './released.ts';
import { restoreTable } from './restore.ts';
import { shopApp } from './shop-app.ts';
import { type Site, site } from './site.ts';
import { keyStates, leftIn, tearDown } from './teardown.ts';

const reason = (await missing()) ?? (await missingAws()) ?? (await missingRelease());
if (reason) console.log(`test:deploy: skipped, ${reason}`);

const name = 'okta-dpop-bff';
const scopes = 'openid profile email offline_access okta.users.read';
const switches = { alarms: 'false', accessLogs: 'false' };

describe.skipIf(reason)('in one account', () => {
  let emulator: Emulator;
  let okta: Okta;
  let files: Awaited<ReturnType<typeof largeFiles>>;
  let released: Awaited<ReturnType<typeof releasedSources>>;
  let aws: ReturnType<typeof awsFor>;
  let first: Site;
  let second: Site;
  let ada: Visitor;
  let zone: string;
  let certificate: string;

  beforeAll(async () => {
    [first, second] = await Promise.all([site('app.acme.test'), site('shop.acme.test')]);
    [emulator, released, files] = await Promise.all([
      deadOrigin().then((origin) => startEmulator(Number(new URL(origin).port))),
      releasedSources(),
      largeFiles(),
    ]);
    okta = await startOkta({ port: 0, clients: [first.client, second.client] });
    aws = awsFor(emulator.url);
    const made = await aws.aws<{ CertificateArn: string }>(
      'acm request-certificate --validation-method DNS --domain-name app.acme.test',
    );
    certificate = made.CertificateArn;
    const { HostedZone } = await aws.aws<{ HostedZone: { Id: string } }>(
      'route53 create-hosted-zone --name acme.test --caller-reference once',
    );
    zone = HostedZone.Id.replace('/hostedzone/', '');
    await cdkFor(emulator.url, context(), 'eu-west-1').bootstrap();
  });

  afterAll(async () => {
    await Promise.all([okta?.close(), files?.close(), first?.front.close(), second?.front.close()]);
    await Promise.all([emulator?.close(), released?.remove()]);
  });

  const context = () => ({
    ...switches,
    issuer: okta.issuer,
    clientId: first.client.clientId,
    publicOrigin: first.origin,
    scopes,
    certificateArn: certificate,
    hostedZoneId: zone,
    hostedZoneName: 'acme.test',
  });
  const today = () =>
    cdkFor(emulator.url, {
      ...context(),
      bff: JSON.stringify({ streaming: true, routes: routesTo(okta.issuer, files.url) }),
    });
  /** What must outlive every deployment: logical id and physical id. */
  const kept = async () => {
    const { StackResources } = await aws.aws<{ StackResources: StackResource[] }>(
      `cloudformation describe-stack-resources --stack-name ${name}-state`,
    );
    return Object.fromEntries(
      StackResources.filter(({ ResourceType }) => /Table$|::Key$/.test(ResourceType)).map(
        ({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId, PhysicalResourceId],
      ),
    );
  };

  const output = async (wanted: string): Promise<string> => {
    const outputs = await aws.aws<{ OutputKey: string; OutputValue: string }[]>(
      `cloudformation describe-stacks --stack-name ${name} --query Stacks[0].Outputs[]`,
    );
    return outputs.find(({ OutputKey }) => OutputKey === wanted)?.OutputValue ?? '';
  };

  describe('0.1.0 and its upgrade', () => {
    let before: Record<string, string>;
    test('somebody signs in at 0.1.0', async () => {
      const old = cdkFor(emulator.url, context(), 'us-east-1', { folder: released.folder });
      const { outputs } = await old.deploy();
      expect(outputs[name]?.RedirectUri).toBe(`${first.origin}/bff/callback`);
      first.front.leadTo(emulator.url, 'app.acme.test');
      before = await kept();
      expect(Object.keys(before)).toHaveLength(3);
      ada = first.visitor();
      await ada.signIn();
      expect((await ada.fetch('/bff/api/v1/users?limit=1')).status).toBe(200);
    });

    test('the table and the keys stay, and so does the session', async () => {
      await today().deploy();
      expect(await kept()).toEqual(before);
      expect((await ada.fetch('/bff/session')).json()).toMatchObject({ authenticated: true });
      expect((await ada.fetch('/bff/api/v1/users?limit=1')).status).toBe(200);
      expect((await first.signedIn().then(calls)).status).toBe(200);
    });
  });

  describe('a domain', () => {
    test('leads to the distribution, which has the certificate and answers under no other name', async () => {
      const { DistributionList } = await aws.aws<Distributions>('cloudfront list-distributions');
      const [{ DomainName, Aliases, ViewerCertificate }] = DistributionList.Items;
      expect(Aliases.Items).toEqual(['app.acme.test']);
      expect(ViewerCertificate.ACMCertificateArn).toBe(certificate);
      const { ResourceRecordSets } = await aws.aws<Records>(
        `route53 list-resource-record-sets --hosted-zone-id ${zone}`,
      );
      expect(
        ResourceRecordSets.filter(({ Name }) => Name === 'app.acme.test.').map(
          ({ Type, AliasTarget }) => [Type, AliasTarget?.DNSName.replace(/\.$/, '')],
        ),
      ).toEqual([
        ['A', DomainName],
        ['AAAA', DomainName],
      ]);
      const around = visitor(
        `https://${DomainName}`,
        ({ pathname }) => new URL(pathname, emulator.url),
      );
      const health = { headers: { 'x-forwarded-proto': 'https' } };
      expect((await around.fetch('/bff/health', health)).status).toBe(421);
      expect((await first.visitor().fetch('/bff/health')).status).toBe(200);
    });
  });

  describe('streaming', () => {
    test('a signed-in user gets a file that no buffered answer could hold', async () => {
      const streamed = await ada.fetch('/bff/api/files/large');
      expect([streamed.status, streamed.body.length]).toEqual([200, largeBytes]);
      const buffered = await ada.fetch('/bff/api/files/buffered/large');
      expect([buffered.status, buffered.json().code]).toEqual([502, 'response_too_large']);
      expect((await first.visitor().fetch('/bff/api/files/large')).status).toBe(401);
    });
  });

  describe('a second Region, from an app that has the package only', () => {
    let app: Awaited<ReturnType<typeof cdkApp>>;
    let shop: ReturnType<typeof cdkFor>;
    beforeAll(async () => {
      app = await cdkApp({ 'shop.ts': shopApp(name, okta.issuer, scopes, second) });
      const outdir = await app.synth(process.execPath, 'shop.js', {
        AWS_ENDPOINT_URL: emulator.url,
      });
      shop = cdkFor(emulator.url, {}, 'eu-west-1', { folder: app.folder, app: outdir });
    });
    afterAll(() => app?.[Symbol.asyncDispose]());

    test('has the same name and disturbs nobody', async () => {
      expect(app.compilerSaid).toBe('');
      const { outputs } = await shop.deploy();
      second.front.leadTo(emulator.url, outputs[name]?.Domain ?? '');
      const bea = await second.signedIn();
      expect((await calls(bea)).status).toBe(200);
      expect((await calls(ada)).status).toBe(200);
    });

    test('keeps sessions of its own, and goes alone', async () => {
      const stranger = second.visitor();
      for (const cookie of ada.cookieNames()) stranger.plant(cookie, ada.cookie(cookie) ?? '');
      expect((await stranger.fetch('/bff/session')).json()).toEqual({ authenticated: false });
      await shop.destroy();
      const there = awsFor(emulator.url, 'eu-west-1');
      expect(await there.aws('lambda list-functions')).toMatchObject({ Functions: [] });
      expect(await there.aws('dynamodb list-tables')).toMatchObject({ TableNames: [] });
      expect((await calls(ada)).status).toBe(200);
    });
  });

  describe('a table that is restored by the first steps of docs/deploy.md', () => {
    test('has the sessions, and people sign in again', async () => {
      const restored = await restoreTable(aws, await output('Table'));
      expect((await calls(ada)).status).toBe(200);
      const items = async () =>
        aws.aws<number>(`dynamodb scan --table-name ${restored} --select COUNT --query Count`);
      const before = await items();
      expect((await first.signedIn().then(calls)).status).toBe(200);
      expect(await items()).toBeGreaterThan(before);
      await aws.aws(
        `dynamodb update-table --table-name ${restored} --no-deletion-protection-enabled`,
      );
      await aws.aws(`dynamodb delete-table --table-name ${restored}`);
    });
  });

  describe('the way out that docs/deploy.md describes', () => {
    test('leaves nothing but keys that are being deleted', async () => {
      const destroy = (one: string) => today().cdk('destroy', one, '--force');
      await tearDown(aws, destroy, {
        table: await output('Table'),
        bucket: await output('SpaBucket'),
      });
      expect(await leftIn(aws)).toEqual({});
      expect(new Set(await keyStates(aws))).toEqual(new Set(['PendingDeletion']));
    });
  });
});

interface StackResource {
  ResourceType: string;
  LogicalResourceId: string;
  PhysicalResourceId: string;
}

interface Distribution {
  DomainName: string;
  Aliases: { Items: string[] };
  ViewerCertificate: { ACMCertificateArn: string };
}

interface Distributions {
  DistributionList: { Items: [Distribution] };
}

interface Records {
  ResourceRecordSets: { Name: string; Type: string; AliasTarget?: { DNSName: string } }[];
}

const calls = (browser: Visitor) => browser.fetch('/bff/api/v1/users?limit=1');

const routesTo = (issuer: string, files: string) => [
  { path: '/bff/api/v1/*', upstream: `${issuer}/api/v1`, stream: false },
  { path: '/bff/api/files/*', upstream: files },
  { path: '/bff/api/files/buffered/*', upstream: files, stream: false },
];
