// What environments share: a table, keys and an Okta; and environments over it, each a Broker of its own,
// made as shared/runtime makes it. A test can give one of them another clock, fetch or store.
import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { sdkDynamodb } from '#adapters/aws/dynamodb.ts';
import { sdkKms } from '#adapters/aws/kms.ts';
import { httpClient } from '#adapters/http/client.ts';
import { fetchOver } from '#adapters/http/fetch.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { keyRing, ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { transactionStore } from '#adapters/table/sign-ins.ts';
import type { Broker } from '#core/broker.ts';
import { nonceCache } from '#core/dpop/nonces.ts';
import { signatureTally } from '#core/dpop/tally.ts';
import { issuerOf } from '#core/issuer/issuer.ts';
import type { LogEvent } from '#core/ports.ts';
import {
  openSession,
  type Session,
  type SessionContent,
  sealContent,
} from '#core/session/session.ts';
import { type Begun, beginSignIn } from '#core/sign-in/begin.ts';
import { finishSignIn } from '#core/sign-in/callback.ts';
import { parseLogin } from '#core/sign-in/parameters.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { type OktaOptions, startOkta } from '#infra/local/okta/index.ts';
import { startBackends } from '#infra/local/run/backends.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';
import type { Config } from '#shared/config/schema.ts';
import { requestOn } from './requests.ts';
import { visitor } from './visitor.ts';

const publicOrigin = 'http://localhost:9';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export type Ground = Awaited<ReturnType<typeof startGround>>;

export async function startGround(options: OktaOptions = {}) {
  const table = 'bff';
  const backends = await startBackends({
    endpoints: {},
    table,
    keySpec: 'ECC_NIST_P256',
    latency: {},
    environment: {},
  });
  const okta = await startOkta({ ...options, port: 0 });
  const client = new DynamoDBClient({
    region,
    credentials,
    endpoint: backends.variables.AWS_ENDPOINT_URL_DYNAMODB ?? '',
  });
  const dynamodb = sdkDynamodb(client);
  const kms = new KMSClient({
    region,
    credentials,
    endpoint: backends.variables.AWS_ENDPOINT_URL_KMS ?? '',
    maxAttempts: 1,
  });
  const http = httpClient();
  const fetch = fetchOver(http);
  const logged: { name: string; fields: Record<string, unknown> }[] = [];
  const log: LogEvent = (name: string, fields: Record<string, unknown> = {}) =>
    void logged.push({ name, fields });

  /** A cold environment. */
  const environment = (
    changes: Partial<Broker> | ((own: Broker) => Partial<Broker>) = {},
    own: Partial<ConfigInput> = {},
  ): Broker => {
    const config: Config = parseConfig(
      {
        issuer: okta.issuer,
        clientId: 'bff',
        publicOrigin,
        scopes: ['openid', 'profile', 'email', 'offline_access', 'okta.users.read.self'],
        ...own,
      },
      'local',
    );
    const clock = { now: () => Date.now() };
    const keys = { ...backends.keys };
    const broker: Broker = {
      config,
      issuer: issuerOf({ fetch, clock }, config.issuer, 'ES256'),
      signer: kmsSigner(sdkKms(kms)),
      signatures: signatureTally({ clock }),
      keyRing: keyRing(ringStore(dynamodb, { name: table, clock, firstKeys: keys }), clock),
      sessions: sessionStore(dynamodb, { name: table, clock }),
      transactions: transactionStore(dynamodb, { name: table, clock }),
      marks: markStore(dynamodb, { name: table, clock }),
      nonces: nonceCache(),
      clientSecret: async () => '',
      fetch,
      clock,
      learned: {},
      random: (size) => randomBytes(size),
    };
    const changed = typeof changes === 'function' ? changes(broker) : changes;
    return Object.assign(broker, changed);
  };

  const assertionKey = await kmsSigner(sdkKms(kms)).key(backends.keys.assertion);
  okta.clients.set('bff', {
    clientId: 'bff',
    clientAuth: 'private_key_jwt',
    redirectUris: [`${publicOrigin}/bff/callback`],
    jwks: { keys: [{ ...assertionKey.jwk, alg: assertionKey.alg, kid: assertionKey.jkt }] },
  });

  return {
    okta,
    kms: backends.kms as NonNullable<typeof backends.kms>,
    dynamodb: backends.dynamodb as NonNullable<typeof backends.dynamodb>,
    keys: backends.keys,
    kmsClient: kms,
    logged,
    environment,
    /** A request of such an environment, whose events are in `logged`. */
    request: (broker: Broker = environment()) => requestOn(broker, log),
    /** Makes a key that is in no ring, and returns its ARN. */
    async newKey(KeySpec: 'ECC_NIST_P256' | 'RSA_2048' = 'ECC_NIST_P256'): Promise<string> {
      const command = new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
      return (await kms.send(command)).KeyMetadata?.Arn ?? '';
    },
    /** The sessions as they will be judged when so much time has passed. */
    sessionsIn: (ms: number) =>
      sessionStore(dynamodb, { name: table, clock: { now: () => Date.now() + ms } }),
    /** How often the token endpoint was asked to refresh, nonce challenges left out. */
    refreshes: () =>
      okta.events
        .list()
        .filter((e) => e.kind === 'token' && e.grantType === 'refresh_token' && !e.challenged)
        .length,
    async close() {
      client.destroy();
      kms.destroy();
      await Promise.all([okta.close(), backends.close(), http.close()]);
    },
  };
}

/** Signs somebody in and returns the session. */
export async function signedIn(
  ground: Ground,
  broker = ground.environment(),
  { begun: given, user = 'ada' }: { begun?: Begun; user?: string } = {},
): Promise<Session> {
  const login = parseLogin(new URLSearchParams(), broker.config);
  const begun = given ?? (await beginSignIn(ground.request(broker), login, undefined));
  const answer = await answeredAt(ground, begun, user);
  const outcome = await finishSignIn(ground.request(broker), answer, () => begun.loginCookie.value);
  if (outcome.kind !== 'signed_in') throw new Error(`not signed in: ${JSON.stringify(outcome)}`);
  return reopened(broker, outcome.sessionSecret);
}

/** What a browser in which somebody signs in brings back from the authorization server. */
export async function answeredAt(
  ground: Ground,
  begun: Begun,
  user = 'ada',
): Promise<URLSearchParams> {
  const browser = visitor(ground.okta.issuer);
  const leaves = (next: URL) => next.origin === publicOrigin;
  const page = await browser.navigate(begun.location, { from: publicOrigin, until: leaves });
  const done = await browser.navigate(page.url.href, {
    from: ground.okta.issuer,
    form: { sample: user },
    until: leaves,
  });
  return new URL(done.headers.location ?? '').searchParams;
}

export async function reopened(broker: Broker, secret: string): Promise<Session> {
  const session = await openSession(broker, secret);
  if (!session) throw new Error('the session is missing');
  return session;
}

/** Stores the session with other content, as one more version. */
export async function changed(
  broker: Broker,
  session: Session,
  change: (content: SessionContent) => SessionContent,
): Promise<Session> {
  const { id, version, key } = session.record;
  const content = change(session.content);
  const owner = 'the test';
  const until = Math.floor(Date.now() / 1000) + 5;
  await broker.sessions.takeLease(id, version, { owner, until });
  const sealed = sealContent(session.secret, { id, version: version + 1 }, content);
  if (!(await broker.sessions.replaceTokens(id, { owner, version }, { sealed, key }))) {
    throw new Error('the session cannot be changed');
  }
  return reopened(broker, session.secret);
}

/** The same session with an access token that is over. */
export const expired = (broker: Broker, session: Session): Promise<Session> =>
  changed(broker, session, (content) => ({
    ...content,
    access: Object.fromEntries(
      Object.entries(content.access).map(([name, held]) => [
        name,
        { ...held, expiresAt: 0, renewAt: 0 },
      ]),
    ),
  }));

/** The same session with an access token that still works and should be renewed. */
export const nearlyExpired = (broker: Broker, session: Session): Promise<Session> =>
  changed(broker, session, (content) => ({
    ...content,
    access: Object.fromEntries(
      Object.entries(content.access).map(([name, held]) => [name, { ...held, renewAt: 0 }]),
    ),
  }));
