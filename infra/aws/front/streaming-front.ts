// The REST API in front of the streaming function: only this kind of API can stream a response.
import { Aws, Duration } from 'aws-cdk-lib';
import {
  EndpointType,
  IdentitySource,
  LambdaIntegration,
  MethodLoggingLevel,
  RequestAuthorizer,
  ResponseTransferMode,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from '#infra/aws/acknowledge.ts';
import { originHeader } from '#shared/config/environment.ts';
import type { Throttle } from './http-front.ts';

export const streamingStage = 'live';

export interface StreamingFrontProps {
  readonly name: string;
  readonly target: IFunction;
  readonly authorizer: IFunction;
  readonly throttle?: Throttle | undefined;
}

export class StreamingFront extends Construct {
  readonly api: RestApi;
  readonly domainName: string;
  /** The stage, which a REST API has in its path. */
  readonly path: string;

  constructor(scope: Construct, id: string, props: StreamingFrontProps) {
    super(scope, id);
    const { rate, burst } = props.throttle ?? { rate: 100, burst: 200 };
    this.api = new RestApi(this, 'Api', {
      restApiName: props.name,
      description: 'Okta DPoP BFF, streamed routes',
      endpointTypes: [EndpointType.REGIONAL],
      binaryMediaTypes: ['*/*'],
      cloudWatchRole: false,
      deployOptions: {
        stageName: streamingStage,
        // Its traces would contain complete URLs, which our logs leave out. The function's traces do not.
        tracingEnabled: false,
        metricsEnabled: true,
        loggingLevel: MethodLoggingLevel.OFF,
        throttlingRateLimit: rate,
        throttlingBurstLimit: burst,
      },
      defaultMethodOptions: {
        authorizer: new RequestAuthorizer(this, 'ThroughCloudFront', {
          handler: props.authorizer,
          identitySources: [IdentitySource.header(originHeader)],
          resultsCacheTtl: Duration.minutes(5),
        }),
      },
    });
    this.api.root
      .addResource('bff')
      .addResource('api')
      .addProxy({
        anyMethod: true,
        defaultIntegration: new LambdaIntegration(props.target, {
          responseTransferMode: ResponseTransferMode.STREAM,
          timeout: Duration.minutes(15),
          allowTestInvoke: false,
        }),
      });
    this.domainName = `${this.api.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`;
    this.path = `/${this.api.deploymentStage.stageName}`;
    acknowledge(this.api, {
      'AwsSolutions-APIG1':
        'Access logs of a REST API need a role set for the whole account; the function and CloudFront log every call.',
      'AwsSolutions-APIG2': 'Requests are judged by the function, which knows the routes.',
      'AwsSolutions-APIG3':
        'The firewall is on CloudFront; the authorizer refuses what did not come through it.',
      'AwsSolutions-APIG6':
        'Execution logs need a role set for the whole account and could contain query strings.',
      'AwsSolutions-COG4':
        'The authorizer closes the API to all but CloudFront; users are known by their session.',
    });
  }
}
