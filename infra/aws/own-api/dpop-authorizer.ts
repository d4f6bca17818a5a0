// An authorizer for an API of your own: `new DpopAuthorizer(this, 'Auth', { issuer, audience, scopes, … })` is given to
// the routes of an HttpApi, or to the methods of a RestApi, like any other authorizer of the CDK.
import { Duration, Names, Stack } from 'aws-cdk-lib';
import {
  Authorizer,
  GatewayResponse,
  IdentitySource,
  type IRestApi,
  RequestAuthorizer,
  ResponseType,
} from 'aws-cdk-lib/aws-apigateway';
import {
  AuthorizerPayloadVersion,
  HttpAuthorizer,
  HttpAuthorizerType,
  type HttpRouteAuthorizerBindOptions,
  type HttpRouteAuthorizerConfig,
  type IHttpApi,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import type { Alarm, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';
import { parseApiAuthorizer } from '#shared/config/api-authorizer.ts';
import { AuthorizerFunction } from './authorizer-function.ts';
import type { DpopAuthorizerProps } from './dpop-authorizer-props.ts';
import { gatewayAnswers } from './gateway-responses.ts';
import { authorizerAlarms, authorizerWidgets } from './watch.ts';

/** Each proof is good for one request: a cached result would also admit a thief. */
const never = Duration.seconds(0);

/** Checks tokens and proofs in front of an HTTP API or a REST API of your own (docs/own-apis.md). */
export class DpopAuthorizer extends Authorizer implements IHttpRouteAuthorizer {
  /** By name; see docs/own-apis.md. */
  readonly alarms: Readonly<Record<string, Alarm>>;
  /** For a dashboard of the app. */
  readonly widgets: IWidget[];
  readonly #props: DpopAuthorizerProps;
  readonly #guard: AuthorizerFunction;
  #forRest: RequestAuthorizer | undefined;
  #forHttp: HttpAuthorizer | undefined;
  /** The API that it guards. */
  #api: IConstruct | undefined;

  constructor(scope: Construct, id: string, props: DpopAuthorizerProps) {
    super(scope, id);
    const { issuer, audience, scopes, nonces, replay, bearer, publicUrl, jwksUri, answers } = props;
    const api = { issuer, audience, scopes, nonces, replay, bearer, publicUrl, jwksUri, answers };
    parseApiAuthorizer(api);
    this.#props = props;
    const name = props.name ?? Names.uniqueResourceName(this, { separator: '-', maxLength: 60 });
    this.#guard = new AuthorizerFunction(this, 'Guard', { ...props, name, api });
    const watched = { name, function: this.function as IFunction };
    this.widgets = authorizerWidgets(watched);
    this.alarms = props.alarms === false ? {} : authorizerAlarms(this, watched, props.alarms ?? {});
  }

  /** The authorizer's own function. */
  get function(): LambdaFunction {
    return this.#guard.function;
  }

  /** Only with `replay: 'table'`. */
  get replayTable(): TableV2 | undefined {
    return this.#guard.replayTable;
  }

  /** Undefined with `nonces: 'none'`. */
  get nonceKey(): Key | undefined {
    return this.#guard.nonceKey;
  }

  /** For the routes of one HTTP API. */
  bind({ route: { httpApi } }: HttpRouteAuthorizerBindOptions): HttpRouteAuthorizerConfig {
    if (this.#props.nonces === 'gateway') {
      throw new Error(
        `${this.node.path}: an HTTP API cannot tell its clients the nonce. Let the API behind it do so (nonces: 'integration'), or do without (docs/own-apis.md)`,
      );
    }
    this.#isNewFor(httpApi);
    this.#forHttp ??= this.#httpAuthorizer(httpApi);
    return { authorizerId: this.#forHttp.authorizerId, authorizationType: 'CUSTOM' };
  }

  /** For the methods of one REST API. */
  get authorizerId(): string {
    return this.#rest().authorizerId;
  }

  /** Called by the CDK for each method. */
  _attachToApi(restApi: IRestApi): void {
    const isNew = this.#isNewFor(restApi);
    this.#rest()._attachToApi(restApi);
    if (isNew && this.#props.gatewayResponses !== false) this.#answer(restApi);
  }

  #isNewFor(api: IConstruct): boolean {
    const isNew = this.#api === undefined;
    this.#api ??= api;
    if (this.#api === api) return isNew;
    throw new Error(`${this.node.path}: guards one API; make another authorizer for the other`);
  }

  #httpAuthorizer(httpApi: IHttpApi): HttpAuthorizer {
    const { partition, region } = Stack.of(this);
    const { functionArn } = this.#guard.target;
    const made = new HttpAuthorizer(this, 'ForHttpApi', {
      httpApi,
      authorizerName: this.node.id,
      type: HttpAuthorizerType.LAMBDA,
      // Without this header, the API answers 401 and asks nobody.
      identitySource: ['$request.header.Authorization'],
      payloadFormatVersion: AuthorizerPayloadVersion.VERSION_2_0,
      enableSimpleResponses: (this.#props.answers ?? 'simple') === 'simple',
      authorizerUri: `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
      resultsCacheTtl: never,
    });
    this.#guard.target.addPermission(`${this.node.id}-ForHttpApi`, {
      scope: this,
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: httpApi.apiId,
        resourceName: `authorizers/${made.authorizerId}`,
      }),
    });
    return made;
  }

  #rest(): RequestAuthorizer {
    this.#forRest ??= new RequestAuthorizer(this, 'ForRestApi', {
      handler: this.#guard.target,
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: never,
    });
    return this.#forRest;
  }

  #answer(restApi: IRestApi): void {
    for (const { type, status, headers, body } of gatewayAnswers) {
      new GatewayResponse(this, type, {
        restApi,
        type: ResponseType.of(type),
        statusCode: status,
        responseHeaders: { ...headers },
        templates: { 'application/json': body },
      });
    }
  }
}
