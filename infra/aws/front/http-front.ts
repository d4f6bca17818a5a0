// The HTTP API in front of the functions. Only CloudFront may call it: every route asks the authorizer.
import { Aws, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnRoute,
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { originHeader } from '#shared/config/environment.ts';
import { functions } from '../../functions.ts';

/** Requests per second, and how many may come at once. */
export interface Throttle {
  /** Requests per second. */
  readonly rate: number;
  /** Requests at once. */
  readonly burst: number;
}

/** By what is asked for. The defaults: 800 calls, 25 sign-ins, 200 for `auth`, 100 for `machine` and for `stream`. */
export interface Throttles {
  /** Proxied calls. By default, KMS signs 1,000 a second for the whole account. */
  readonly proxy?: Throttle;
  /**
   * Sign-ins that begin. Anybody can begin one, and each costs a KMS signature, a write and a call to the authorization
   * server. 25 a second is 90,000 people an hour, and leaves 97 % of the signatures to signed-in users.
   */
  readonly signIn?: Throttle;
  /** Callback, session, logout. */
  readonly auth?: Throttle;
  /** Published keys, and the endpoints that authorization servers call. */
  readonly machine?: Throttle;
  /** Streams that begin. A stream occupies an environment of its function until it ends. */
  readonly stream?: Throttle;
}

export const usualThrottles = {
  proxy: { rate: 800, burst: 1600 },
  signIn: { rate: 25, burst: 50 },
  auth: { rate: 200, burst: 400 },
  machine: { rate: 100, burst: 200 },
} satisfies Throttles;

export interface HttpFrontProps {
  readonly name: string;
  readonly targets: Record<'auth' | 'proxy' | 'machine', IFunction>;
  readonly authorizer: IFunction;
  readonly throttles?: Throttles | undefined;
  readonly encryptionKey?: IKey | undefined;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

export class HttpFront extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  /** The host name for the CloudFront origin. */
  readonly domainName: string;
  readonly accessLogs: LogGroup;
  /** Counts what the authorizer refused. */
  readonly refusals: Metric;

  constructor(scope: Construct, id: string, props: HttpFrontProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: props.name,
      description: 'Okta DPoP BFF',
      createDefaultStage: false,
      // No corsPreflight: the API would answer OPTIONS itself, and no other origin may call.
      defaultAuthorizer: new HttpLambdaAuthorizer('ThroughCloudFront', props.authorizer, {
        identitySource: [`$request.header.${originHeader}`],
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        resultsCacheTtl: Duration.minutes(5),
      }),
    });
    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
      ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogs),
        format: logFormat,
      },
    });
    this.refusals = refusalsIn(this.accessLogs, props.name);
    this.#addRoutes(props);
    this.domainName = `${this.api.apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`;
  }

  #addRoutes({ targets, throttles }: HttpFrontProps) {
    const stage = this.stage.node.defaultChild as CfnStage;
    const settings: Record<string, object> = {};
    for (const name of ['auth', 'proxy', 'machine'] as const) {
      const integration = new HttpLambdaIntegration(name, targets[name]);
      for (const key of functions[name].routes) {
        const limit = key === 'ANY /bff/login' ? 'signIn' : name;
        const { rate, burst } = throttles?.[limit] ?? usualThrottles[limit];
        const path = key.replace(/^ANY /, '');
        for (const route of this.api.addRoutes({ path, methods: [HttpMethod.ANY], integration })) {
          // A stage cannot throttle a route that does not exist yet.
          stage.addResourceDependency(route.node.defaultChild as CfnRoute);
        }
        settings[key] = {
          ThrottlingRateLimit: rate,
          ThrottlingBurstLimit: burst,
        };
      }
    }
    stage.routeSettings = settings;
  }
}

/** An API has no metric of its own for these: its 4xx also count the functions' answers. */
function refusalsIn(logs: LogGroup, metricName: string): Metric {
  const filter = logs.addMetricFilter('Refusals', {
    // Metrics of a filter cannot have a fixed dimension, so the broker is in the name.
    metricNamespace: 'OktaDpopBff/OriginRefusals',
    metricName,
    metricValue: '1',
    filterPattern: FilterPattern.all(
      FilterPattern.any(
        FilterPattern.stringValue('$.status', '=', '401'),
        FilterPattern.stringValue('$.status', '=', '403'),
      ),
      FilterPattern.stringValue('$.integrationStatus', '=', '-'),
    ),
  });
  return filter.metric();
}

/** No path, query, address or header: paths can contain users' names. */
const logFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    requestTime: '$context.requestTimeEpoch',
    routeKey: '$context.routeKey',
    method: '$context.httpMethod',
    status: '$context.status',
    responseLength: '$context.responseLength',
    latencyMs: '$context.responseLatency',
    integrationStatus: '$context.integration.status',
    integrationLatencyMs: '$context.integration.latency',
    integrationError: '$context.integration.error',
    authorizerError: '$context.authorizer.error',
    authorizerLatencyMs: '$context.authorizer.latency',
  }),
);
