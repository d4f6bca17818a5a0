// The whole product on this machine: the functions as they are deployed, behind the gateway, with a table, keys and an
// Okta. `npm start` and every integration test use it.
import type { RequestListener } from 'node:http';
import { followSwitchboard } from '#infra/local/aws/backend-faults.ts';
import type { Judged } from '#infra/local/aws/iam/guard.ts';
import { type Gateway, type GatewayOptions, startGateway } from '#infra/local/gateway/gateway.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { addresses } from '#infra/local/lib/addresses.ts';
import { PortTaken } from '#infra/local/lib/listen.ts';
import { type Okta, type OktaOptions, startOkta } from '#infra/local/okta/index.ts';
import { authorizerName, type Orders, startOrders } from '#infra/local/orders/orders.ts';
import type { FunctionVariables, OperatorVariables } from '#shared/config/environment.ts';
import type { Config } from '#shared/config/schema.ts';
import { authorizerStatements } from '../../aws/own-api/permissions.ts';
import { streamingBehaviors } from '../../behaviors.ts';
import { contentSecurityPolicy } from '../../spa-headers.ts';
import { type Backends, localBroker, startBackends } from './backends.ts';
import { bundleFunctions } from './bundles.ts';
import { localCertificate, trustHere } from './certificate.ts';
import { completeConfig, type OwnConfig } from './own-config.ts';
import { startedParts } from './started-parts.ts';

export interface SystemOptions
  extends Pick<
    GatewayOptions,
    | 'port'
    | 'lambdaPort'
    | 'spa'
    | 'containers'
    | 'queue'
    | 'idleMs'
    | 'timeoutMs'
    | 'pathDecoding'
    | 'headerDecoding'
    | 'silenceMs'
    | 'leaving'
  > {
  /** When it names an issuer, that one is used and there is no stand-in. */
  config?: OwnConfig;
  oktaPort?: number;
  okta?: Omit<OktaOptions, 'port' | 'clients'>;
  /** The gateway is on https, with a certificate of its own. */
  https?: boolean;
  /** The folder for the table, the keys and the certificate. */
  persist?: string;
  latency?: { storeMs?: number; signerMs?: number };
  /**
   * The embedded table and keys check every call against the deployed policies, as AWS does. `false`: they allow
   * everything.
   */
  strictIam?: boolean;
  /** Called for every call that was checked. */
  onJudged?: (judged: Judged) => void;
  /** The clock of the embedded KMS. */
  kmsNow?: () => number;
  /** How old everything is in CloudWatch's records: only what is old enough is compared. */
  recordsAgoMs?: () => number;
  /** Variables for every function: more of them, or others. */
  variables?: Record<string, string>;
  /** Runs the orders API behind its own authorizer, if there is a stand-in for Okta and no other route. */
  orders?: boolean;
  /** Paths of this machine only, made once everything runs. */
  mounts?: (system: Omit<System, 'close'>) => Record<string, RequestListener>;
  onLog?: (functionName: string, line: string) => void;
  /** Where AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_KMS are looked up. */
  environment?: Record<string, string | undefined>;
}

export interface System {
  url: string;
  config: Config;
  gateway: Gateway;
  /** Absent when the configuration names an issuer. */
  okta?: Okta;
  orders?: Orders;
  /** Absent when AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_KMS are used. */
  dynamodb?: Backends['dynamodb'];
  kms?: Backends['kms'];
  secrets?: Backends['secrets'];
  cloudwatch?: Backends['cloudwatch'];
  keys: Backends['keys'];
  /** The file with the certificate of the gateway, if it is on https. */
  certificate?: string;
  table: string;
  /** What functions printed, newest last. */
  logs: LogLine[];
  /** Runs the functions with other fields in their configuration, from a cold start. */
  redeploy(config: OwnConfig): Promise<void>;
  close(): Promise<void>;
}

export interface LogLine {
  function: string;
  line: string;
}

const table = 'bff';
const keptLines = 10_000;

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const own = options.config ?? {};
  const anyUrl = 'http://localhost:3000';
  const check = (config: OwnConfig) =>
    completeConfig(config, { gatewayUrl: anyUrl, ...(!config.issuer && { issuer: anyUrl }) });
  // Every mistake in the configuration is reported before anything runs.
  const { dpop, assertionAudience = 'endpoint', clientAuth, clientId, profile } = check(own);

  const environment = options.environment ?? process.env;
  const logs: LogLine[] = [];
  const started = startedParts();
  let records: Backends['cloudwatch'];
  const log = (name: string, line: string) => {
    logs.push({ function: name, line });
    if (logs.length > keptLines) logs.shift();
    records?.printed(line, region);
    options.onLog?.(name, line);
  };
  try {
    const mounts: Record<string, RequestListener> = {};
    let { issuer, publicOrigin, clientSecret: secret = '' } = own;
    const tls = options.https && (await started.add(localCertificate(options.persist)));
    if (tls) trustHere(tls);
    const gateway = await started.add(
      startGateway({
        ...options,
        ...(tls && { tls }),
        mounts,
        hosts: () => (publicOrigin ? [new URL(publicOrigin).host] : []),
        ...(options.spa && {
          spa: {
            // The sign-out form ends at the issuer, by a redirect.
            contentSecurityPolicy: () => contentSecurityPolicy(issuer && new URL(issuer).origin),
            ...options.spa,
          },
        }),
        onLog: log,
      }),
    );
    let orders: Orders | undefined;
    const code = started.add(bundleFunctions());
    const backends = started.add(
      startBackends({
        endpoints: {
          dynamodb: environment.AWS_ENDPOINT_URL_DYNAMODB,
          kms: environment.AWS_ENDPOINT_URL_KMS,
        },
        persist: options.persist,
        table,
        keySpec: dpop.keySpec,
        latency: options.latency ?? {},
        ...(options.strictIam !== false && {
          iam: {
            replicaRegions: dpop.replicaRegions,
            onJudged: options.onJudged,
            onDenied: (told) => log('iam', JSON.stringify(told)),
            others: () => (orders ? { [authorizerName]: authorizerStatements(orders.state) } : {}),
          },
        }),
        ...(own.clientSecret && { clientSecret: () => secret }),
        kmsNow: options.kmsNow,
        recordsAgoMs: options.recordsAgoMs,
        environment,
      }),
    );
    const okta = own.issuer
      ? undefined
      : started.add(
          startOurOkta(options, {
            clientId,
            name: own.pages?.name ?? (options.spa ? clientId : 'okta-dpop-bff'),
            clientAuth,
            ...(own.clientSecret && { clientSecret: own.clientSecret }),
            ...addresses(gateway.url, own.publicOrigin ?? gateway.url),
            assertionAudience,
            issParameter: profile === 'fapi2',
            idTokenAlg: profile === 'fapi2' ? 'ES256' : 'RS256',
          }),
        );
    await Promise.all([code, backends, okta]);

    const { variables, keyPolicy, clientSecretArn, close: _, ...parts } = await backends;
    records = parts.cloudwatch;
    const standIn = await okta;
    if (standIn) followSwitchboard(standIn, parts);
    const { functions, apiAuthorizer } = await code;
    const { dynamodb, kms } = parts;
    if (options.orders && standIn && dynamodb && kms && !own.routes) {
      const urls = { dynamodb: dynamodb.url, kms: kms.url };
      orders = await started.add(
        startOrders({ okta: standIn, urls, functions: () => gateway.functions() }),
      );
    }
    const complete = (config: OwnConfig) =>
      completeConfig(config, {
        gatewayUrl: gateway.url,
        ...(standIn && { issuer: standIn.issuer }),
        ...(orders && { orders: orders.origin }),
      });
    const deploy = (config: Config) =>
      gateway.deploy(
        [
          ...functions(
            {
              ...variables,
              ...({
                // A deployment has no secret in its configuration.
                BFF_CONFIG: JSON.stringify(
                  clientSecretArn
                    ? { ...config, clientSecret: undefined, clientSecretArn }
                    : config,
                ),
                BFF_TABLE: table,
                BFF_DPOP_KEY: parts.keys.dpop,
                BFF_ASSERTION_KEY: parts.keys.assertion,
                BFF_BROKER: localBroker,
                BFF_KEY_POLICY: keyPolicy,
              } satisfies FunctionVariables & OperatorVariables),
              ...options.variables,
            },
            config.streaming,
          ),
          ...(orders ? [apiAuthorizer({ ...variables, ...orders.variables })] : []),
        ],
        streamingBehaviors(config.routes),
      );
    const config = complete(own);
    ({ issuer, publicOrigin } = config);
    const system: System = {
      url: gateway.url,
      config,
      gateway,
      ...(standIn && { okta: standIn }),
      ...(orders && { orders }),
      ...parts,
      ...(tls && { certificate: tls.file }),
      table,
      logs,
      async redeploy(changes) {
        system.config = complete({ ...own, ...changes });
        publicOrigin = system.config.publicOrigin;
        secret = system.config.clientSecret ?? '';
        await deploy(system.config);
      },
      close: () => started.close(),
    };
    Object.assign(mounts, options.mounts?.(system));
    await deploy(config);
    return system;
  } catch (error) {
    await started.close();
    throw error;
  }
}

type Client = NonNullable<OktaOptions['clients']>[number];

async function startOurOkta(
  options: SystemOptions,
  {
    assertionAudience,
    issParameter,
    idTokenAlg,
    ...client
  }: Client & Required<Pick<OktaOptions, 'assertionAudience' | 'issParameter' | 'idTokenAlg'>>,
): Promise<Okta> {
  const port = options.oktaPort ?? 0;
  try {
    const wanted = { assertionAudience, issParameter, idTokenAlg, ...options.okta };
    return await startOkta({ ...wanted, port, clients: [client] });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EADDRINUSE' ? new PortTaken(port, 'okta') : error;
  }
}
