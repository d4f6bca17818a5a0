// The whole broker as one construct, for the app beside it and for anybody's own CDK app.
import { Annotations, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  type AuthorizerEnvironment,
  type Config,
  ConfigError,
  type Environment,
  type OperatorEnvironment,
  parseConfig,
  placeOfDeployment,
} from '#shared/config.ts';
import type { ConfigInput } from '#shared/config-input.ts';
import { warningsOf } from '#shared/config-warnings.ts';
import { silenceSeconds, streamingBehaviors } from '../behaviors.ts';
import type { FunctionName } from '../functions.ts';
import { contentSecurityPolicy } from '../spa-headers.ts';
import { AccessLogs } from './access-logs.ts';
import { BrokerState } from './broker-state.ts';
import { type Domain, Edge } from './edge.ts';
import { EndpointFunction, type FunctionSize } from './endpoint-function.ts';
import { Firewall, type FirewallProps } from './firewall.ts';
import { here } from './here.ts';
import { HttpFront, type Throttles } from './http-front.ts';
import { regionalName } from './names.ts';
import type { Thresholds } from './operations/alarms.ts';
import { Operations } from './operations/operations.ts';
import { OriginSecret } from './origin-secret.ts';
import { rights } from './rights.ts';
import { secretNamed } from './secret-permissions.ts';
import { StreamingFront } from './streaming-front.ts';
import { inUsEast1, nameInUsEast1 } from './us-east-1.ts';

export interface TokenBrokerProps {
  /** The configuration of the broker. Faults are named at synth, all in one error. */
  readonly config: ConfigInput;
  /** Sessions and keys. Made here if not given; a stack of its own keeps them apart from every deployment. */
  readonly state?: BrokerState;
  /** Names the broker if `state` is made here. */
  readonly name?: string;
  /** The host of publicOrigin, when it is not CloudFront's own. */
  readonly domain?: Domain;
  /** Folder with the built single-page app. */
  readonly spa?: string;
  /** Of the pages; by default everything must come from publicOrigin. */
  readonly contentSecurityPolicy?: string;
  /** AWS WAF: its limits, one of your own, or none. */
  readonly firewall?: FirewallProps | { readonly webAclArn: string } | false;
  /** CloudFront's access logs: their fields, or none. */
  readonly accessLogs?: { readonly fields?: readonly string[] } | false;
  /** When they go off and who is told, when they do and when it is over; or none. */
  readonly alarms?: { readonly topic?: ITopic; readonly thresholds?: Thresholds } | false;
  readonly logRetention?: RetentionDays;
  readonly functions?: Partial<Record<FunctionName, FunctionSize>>;
  readonly throttles?: Throttles;
  /** Counts up to replace the secret between CloudFront and the APIs. */
  readonly originSecret?: number;
  /** Of logs and files. Sessions and keys have their own. */
  readonly removalPolicy?: RemovalPolicy;
}

/** `stream` is there with `streaming`. */
export type Functions = Record<Exclude<FunctionName, 'stream'>, EndpointFunction> & {
  readonly stream?: EndpointFunction;
};

export class TokenBroker extends Construct {
  readonly state: BrokerState;
  readonly functions: Functions;
  readonly front: HttpFront;
  readonly edge: Edge;

  constructor(scope: Construct, id: string, props: TokenBrokerProps) {
    super(scope, id);
    const config = parsed(props.config);
    const usual = {
      logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    };
    this.state =
      props.state ??
      new BrokerState(this, 'State', {
        name: props.name ?? 'okta-dpop-bff',
        keySpec: config.dpop.keySpec,
      });
    const secret = new OriginSecret(this, 'OriginSecret', { number: props.originSecret ?? 1 });
    this.functions = this.#makeFunctions(config, props, secret, usual);
    const { auth, proxy, machine, authorizer } = this.functions;
    this.front = new HttpFront(this, 'Front', {
      targets: { auth: auth.target, proxy: proxy.target, machine: machine.target },
      authorizer: authorizer.function,
      throttles: props.throttles,
      ...usual,
    });
    this.edge = new Edge(this, 'Edge', {
      name: regionalName(this.state.broker, here.region),
      publicOrigin: config.publicOrigin,
      contentSecurityPolicy:
        props.contentSecurityPolicy ?? contentSecurityPolicy(new URL(config.issuer).origin),
      // The API gives up after 30 seconds and says so itself.
      api: { domainName: this.front.domainName, waitSeconds: 35 },
      streaming: this.#streaming(config, props),
      originSecret: secret.current,
      domain: props.domain,
      webAclArn: this.#webAclArn(props),
      spa: props.spa,
      removalPolicy: usual.removalPolicy,
    });
    // A new secret is accepted before CloudFront sends it.
    this.edge.distribution.node.addDependency(authorizer.function);
    if (props.accessLogs !== false) {
      const { fields } = props.accessLogs ?? {};
      const { distributionId } = this.edge.distribution;
      const name = `${nameInUsEast1(this, this.state.broker)}-cloudfront`;
      inUsEast1(
        this,
        'logs',
        'AccessLogs',
        (scope, id) => new AccessLogs(scope, id, { name, distributionId, fields, ...usual }),
      );
    }
    new Operations(this, 'Operations', {
      broker: this,
      keySpec: config.dpop.keySpec,
      alarms: props.alarms ?? {},
      keyRotation: config.keyRotation,
    });
    this.#warn(config, props);
  }

  #makeFunctions(
    config: Config,
    props: TokenBrokerProps,
    origin: OriginSecret,
    usual: { logRetention: RetentionDays; removalPolicy: RemovalPolicy },
  ): Functions {
    const { broker, table, firstKeys, keyPolicy } = this.state;
    const environment = {
      // As it was given: defaults are added where it is read.
      BFF_CONFIG: this.#json(props.config),
      BFF_TABLE: table.tableName,
      BFF_DPOP_KEY: firstKeys.dpop.keyArn,
      BFF_ASSERTION_KEY: firstKeys.assertion.keyArn,
    } satisfies Record<keyof Environment, string>;
    const make = (name: FunctionName, description: string, variables: Record<string, string>) =>
      new EndpointFunction(this, name[0]?.toUpperCase() + name.slice(1), {
        name,
        broker,
        description: `${broker}: ${description}`,
        environment: { ...variables, POWERTOOLS_SERVICE_NAME: broker },
        ...usual,
        ...props.functions?.[name],
      });
    const keeper = (name: FunctionName, description: string, more: Record<string, string> = {}) =>
      make(name, description, { ...environment, ...more })
        .keepsSessionsIn(table)
        .usesKeys(config.dpop.replicaRegions);
    const made = {
      auth: keeper('auth', 'signs users in and out'),
      proxy: keeper('proxy', 'passes calls on with a DPoP proof'),
      ...(config.streaming && { stream: keeper('stream', 'passes streamed answers on') }),
      machine: keeper('machine', 'publishes keys, takes revocations'),
      keys: keeper('keys', 'rotates keys, ends sessions', {
        BFF_CONFIG: this.#json({ ...props.config, routes: undefined, streaming: undefined }),
        BFF_BROKER: broker,
        BFF_KEY_POLICY: this.#json(keyPolicy),
      } satisfies Partial<Environment> & OperatorEnvironment),
      authorizer: make('authorizer', 'admits what came through CloudFront', {
        BFF_ORIGIN_SECRETS: origin.accepted.map(({ secretArn }) => secretArn).join(),
      } satisfies Record<keyof AuthorizerEnvironment, string>),
    };
    for (const one of origin.accepted) made.authorizer.readsSecret(one.secretArn);
    if (config.clientSecretArn) {
      const { clientSecretArn: arn } = config;
      const secret = Token.isUnresolved(arn) ? arn : secretNamed(arn);
      for (const [name, one] of Object.entries(made) as [FunctionName, EndpointFunction][]) {
        if (rights[name].clientSecret) one.readsSecret(secret);
      }
    }
    return made;
  }

  /** A REST API for the streamed routes, in front of the same core. */
  #streaming(config: Config, props: TokenBrokerProps) {
    const { stream } = this.functions;
    if (!stream) return undefined;
    const front = new StreamingFront(this, 'StreamingFront', {
      target: stream.target,
      authorizer: this.functions.authorizer.function,
      throttle: props.throttles?.stream,
    });
    return {
      api: { domainName: front.domainName, path: front.path, waitSeconds: silenceSeconds },
      behaviors: streamingBehaviors(config.routes),
    };
  }

  #json(value: unknown): string {
    return Stack.of(this).toJsonString(value);
  }

  #webAclArn({ firewall = {} }: TokenBrokerProps): string | undefined {
    if (firewall === false) return undefined;
    if ('webAclArn' in firewall) return firewall.webAclArn;
    return inUsEast1(
      this,
      'edge',
      'Firewall',
      (scope, id) => new Firewall(scope, id, firewall).webAclArn,
    );
  }

  #warn(config: Config, { domain }: TokenBrokerProps) {
    for (const { code, says } of warningsOf(config)) {
      Annotations.of(this).addWarningV2(`okta-dpop-bff:${code}`, says);
    }
    const { host } = new URL(config.publicOrigin);
    if (!domain && !host.endsWith('.cloudfront.net')) {
      Annotations.of(this).addInfo(
        `Nothing leads from ${config.publicOrigin} to this distribution yet: give a certificate for ${host} (docs/deploy.md, "Your domain").`,
      );
    }
  }
}

function parsed(input: ConfigInput): Config {
  if (Token.isUnresolved(input.publicOrigin) || Token.isUnresolved(input.issuer)) {
    throw new ConfigError([
      'publicOrigin, issuer: must be written out; a value that is known only after a deployment cannot be checked',
    ]);
  }
  const config = parseConfig(input, placeOfDeployment());
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > maximumBytes) {
    throw new ConfigError([
      `routes: the configuration has ${bytes} bytes; Lambda's environment has room for ${maximumBytes}`,
    ]);
  }
  return config;
}

/** Lambda allows 4 KB for all variables of a function; names, table and keys need the rest. */
const maximumBytes = 3400;
