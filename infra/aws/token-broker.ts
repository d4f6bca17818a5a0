// The whole broker as one construct, for the app beside it and for other CDK apps.
import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { silenceMs, waitsMs } from '#core/limits.ts';
import { placeOfDeployment } from '#shared/config/environment.ts';
import { ConfigError } from '#shared/config/faults.ts';
import { parseConfig } from '#shared/config/parse.ts';
import type { Config } from '#shared/config/schema.ts';
import { streamingBehaviors } from '../behaviors.ts';
import { contentSecurityPolicy } from '../spa-headers.ts';
import { replicaFaults } from './app/regions.ts';
import { tagFaults } from './app/tags.ts';
import { BrokerState } from './broker-state.ts';
import { AccessLogs } from './front/access-logs.ts';
import { Edge } from './front/edge.ts';
import { Firewall } from './front/firewall.ts';
import { HttpFront } from './front/http-front.ts';
import { OriginSecret } from './front/origin-secret.ts';
import { StreamingFront } from './front/streaming-front.ts';
import { inUsEast1, nameInUsEast1, usEast1 } from './front/us-east-1.ts';
import { brokerFunctions } from './functions/broker-functions.ts';
import type { Functions } from './functions/endpoint-function.ts';
import { Rollout } from './functions/rollout.ts';
import { here } from './here.ts';
import { notes } from './notes.ts';
import { Operations } from './operations/operations.ts';
import { regionalName } from './rights/names.ts';
import type { TokenBrokerProps } from './token-broker-props.ts';

export type { TokenBrokerProps };

/** The whole broker: CloudFront, the APIs, the functions, their rights, the alarms and the dashboard. */
export class TokenBroker extends Construct {
  /** The sessions and keys that it works with. */
  readonly state: BrokerState;
  /** By name, with their log groups. */
  readonly functions: Functions;
  /** The HTTP API. */
  readonly front: HttpFront;
  /** Only with `streaming`. */
  readonly streamingFront: StreamingFront | undefined;
  /** CloudFront, and the bucket with the pages. */
  readonly edge: Edge;
  /** The name in metrics of its own firewall, if it has one. */
  readonly firewallMetricName: string | undefined;
  /** The alarms by name, the dashboard, and the clock of the keys. */
  readonly operations: Operations;

  constructor(scope: Construct, id: string, props: TokenBrokerProps) {
    super(scope, id);
    const config = parsed(props, Stack.of(this).region);
    const usual = {
      logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      encryptionKey: props.encryptionKey,
    };
    this.state =
      props.state ??
      new BrokerState(this, 'State', {
        name: props.name ?? 'okta-dpop-bff',
        keySpec: config.dpop.keySpec,
        ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
      });
    const { broker } = this.state;
    const origin = new OriginSecret(this, 'OriginSecret', {
      number: props.originSecret ?? 1,
      encryptionKey: props.encryptionKey,
    });
    this.functions = brokerFunctions(this, { state: this.state, config, props, origin });
    const { auth, proxy, stream, machine, authorizer } = this.functions;
    this.front = new HttpFront(this, 'Front', {
      name: broker,
      targets: { auth: auth.target, proxy: proxy.target, machine: machine.target },
      authorizer: authorizer.function,
      throttles: props.throttles,
      ...usual,
    });
    this.streamingFront =
      stream &&
      new StreamingFront(this, 'StreamingFront', {
        name: `${broker}-streaming`,
        target: stream.target,
        authorizer: authorizer.function,
        throttle: props.throttles?.stream,
      });
    const firewall = this.#firewall(props);
    this.firewallMetricName = firewall.metricName;
    this.edge = new Edge(this, 'Edge', {
      name: regionalName(broker, here.region),
      publicOrigin: config.publicOrigin,
      contentSecurityPolicy:
        props.contentSecurityPolicy ?? contentSecurityPolicy(new URL(config.issuer).origin),
      api: { domainName: this.front.domainName, waitSeconds: waitsMs.cloudFront / 1000 },
      streaming: this.streamingFront && {
        api: {
          domainName: this.streamingFront.domainName,
          path: this.streamingFront.path,
          waitSeconds: silenceMs / 1000,
        },
        behaviors: streamingBehaviors(config.routes),
      },
      originSecret: origin.current,
      domain: props.domain,
      webAclArn: firewall.webAclArn,
      spa: props.spa,
      ...usual,
    });
    // A new secret is accepted before CloudFront sends it.
    this.edge.distribution.node.addDependency(authorizer.function);
    this.#logAccess(props, usual);
    this.operations = new Operations(this, 'Operations', {
      broker: this,
      keySpec: config.dpop.keySpec,
      alarms: props.alarms ?? {},
      keyRotation: config.keyRotation,
    });
    if (props.canary) {
      new Rollout(this, 'Rollout', {
        functions: [auth, proxy, machine, ...(stream ? [stream] : [])],
        alarms: this.operations.alarms?.named ?? {},
      });
    }
    notes(this, config, props);
  }

  #firewall({ firewall = {} }: TokenBrokerProps): { webAclArn?: string; metricName?: string } {
    if (firewall === false) return {};
    if ('webAclArn' in firewall) return firewall;
    const { metricName = nameInUsEast1(this, this.state.broker), ...limits } = firewall;
    const { webAclArn } = inUsEast1(
      this,
      'edge',
      'Firewall',
      (scope, id) => new Firewall(scope, id, { ...limits, metricName }),
    );
    return { webAclArn, metricName };
  }

  #logAccess(
    { accessLogs = {}, encryptionKey }: TokenBrokerProps,
    usual: { logRetention: RetentionDays; removalPolicy: RemovalPolicy },
  ): void {
    if (accessLogs === false) return;
    const isThere = Stack.of(this).region === usEast1;
    const settings = {
      ...usual,
      name: `${nameInUsEast1(this, this.state.broker)}-cloudfront`,
      distributionId: this.edge.distribution.distributionId,
      fields: accessLogs.fields,
      // A key from another Region cannot be used there.
      encryptionKey: accessLogs.encryptionKey ?? (isThere ? encryptionKey : undefined),
    };
    inUsEast1(this, 'logs', 'AccessLogs', (scope, id) => new AccessLogs(scope, id, settings));
  }
}

function parsed(
  { config: input, canary, alarms, keyTags }: TokenBrokerProps,
  region: string,
): Config {
  if (Token.isUnresolved(input.publicOrigin) || Token.isUnresolved(input.issuer)) {
    throw new ConfigError([
      'publicOrigin, issuer: must be written out; a value that is known only after a deployment cannot be checked',
    ]);
  }
  if (canary && alarms === false) {
    throw new ConfigError(['canary: needs alarms, which say that a new version is broken']);
  }
  const config = parseConfig(input, placeOfDeployment());
  const faults = [
    ...replicaFaults(config, region),
    ...behaviorFaults(config),
    ...tagFaults(keyTags),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** CloudFront's quota of cache behaviors, minus those for /bff/* and for the pages. */
const mostBehaviors = 73;

function behaviorFaults({ streaming, routes }: Config): string[] {
  const count = streaming ? streamingBehaviors(routes).length : 0;
  return count > mostBehaviors
    ? [
        `routes: ${count} are streamed or lie within one that is, and CloudFront has room for ${mostBehaviors}; give others "stream": false`,
      ]
    : [];
}
