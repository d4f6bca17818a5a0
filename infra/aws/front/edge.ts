// CloudFront: the SPA from S3 and /bff/* from the API, on one origin. Nothing under /bff is ever cached.
import { CrossStackReferences, Duration, ReferenceStrength, type RemovalPolicy } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { AaaaRecord, ARecord, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '#infra/aws/acknowledge.ts';
import { originHeader } from '#shared/config/environment.ts';
import type { Behavior } from '../../behaviors.ts';
import { spaBucket, uploadSpa } from './spa.ts';
import { brokerHeaders, pageHeaders } from './spa-headers.ts';
import { brokerCode, pageCode } from './viewer-request.ts';

/** The host of publicOrigin, where it is yours. */
export interface Domain {
  /** In us-east-1, for the host of publicOrigin. */
  readonly certificate: ICertificate;
  /** Gets the alias records. */
  readonly hostedZone?: IHostedZone;
}

/** An API behind the distribution. */
export interface ApiOrigin {
  readonly domainName: string;
  readonly path?: string;
  /** How long CloudFront waits for the first byte, and between two bytes. */
  readonly waitSeconds: number;
}

export interface EdgeProps {
  /** The prefix for names that the account has once, because CloudFront belongs to no Region. */
  readonly name: string;
  readonly publicOrigin: string;
  readonly contentSecurityPolicy: string;
  readonly api: ApiOrigin;
  readonly streaming?:
    | { readonly api: ApiOrigin; readonly behaviors: readonly Behavior[] }
    | undefined;
  readonly originSecret: Secret;
  readonly domain?: Domain | undefined;
  readonly webAclArn?: string | undefined;
  /** The folder with the built SPA. */
  readonly spa?: string | undefined;
  readonly encryptionKey?: IKey | undefined;
  readonly removalPolicy: RemovalPolicy;
}

export class Edge extends Construct {
  readonly distribution: cloudfront.Distribution;
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const host = props.domain && new URL(props.publicOrigin).host;
    this.bucket = spaBucket(this, props);
    const headers = brokerHeaders(this, props.name);
    const guard = host && viewerRequest(this, 'BrokerRequest', brokerCode(host));
    const api = apiOrigin(props.api, props.originSecret);
    const streaming = props.streaming && apiOrigin(props.streaming.api, props.originSecret);
    const broker = (origin: cloudfront.IOrigin): cloudfront.BehaviorOptions => ({
      origin,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      // The API only knows its own host name.
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      responseHeadersPolicy: headers,
      compress: false,
      ...(guard && { functionAssociations: [guard] }),
    });
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: props.publicOrigin,
      defaultRootObject: 'index.html',
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket, {
          // With LIST, a missing file is 404 instead of 403.
          originAccessLevels: [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
          originAccessControl: new cloudfront.S3OriginAccessControl(this, 'PagesAccess', {
            originAccessControlName: `${props.name}-pages`,
          }),
        }),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: pageHeaders(this, props.name, props.contentSecurityPolicy),
        functionAssociations: [viewerRequest(this, 'PageRequest', pageCode(host))],
      },
      additionalBehaviors: {
        // CloudFront uses the first pattern that matches.
        ...Object.fromEntries(
          (props.streaming?.behaviors ?? []).map(({ pattern, streams }) => [
            pattern,
            broker(streams && streaming ? streaming : api),
          ]),
        ),
        '/bff/*': broker(api),
      },
      errorResponses: errorCodes.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...(props.domain &&
        host && {
          domainNames: [host],
          certificate: props.domain.certificate,
          minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        }),
      ...(props.webAclArn && { webAclId: props.webAclArn }),
    });
    CrossStackReferences.of(this.distribution).produce(ReferenceStrength.WEAK);
    if (props.spa) uploadSpa(this, props.spa, this.bucket, this.distribution);
    if (props.domain?.hostedZone && host) this.#addRecords(host, props.domain.hostedZone);
    acknowledge(this.distribution, {
      '@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk':
        'The root of the distribution is index.html, so the list is never served.',
      'AwsSolutions-CFR1':
        'Who may sign in, and from where, is decided at the authorization server.',
      'AwsSolutions-CFR3':
        'These logs could not leave out query strings, which carry authorization codes; AccessLogs delivers chosen fields instead.',
      ...(!props.domain && {
        'AwsSolutions-CFR4':
          'CloudFront fixes the TLS versions of its own domain; give a certificate for yours.',
      }),
      ...(!props.webAclArn && { 'AwsSolutions-CFR2': 'The firewall was switched off.' }),
    });
  }

  #addRecords(recordName: string, zone: IHostedZone) {
    const target = RecordTarget.fromAlias(new CloudFrontTarget(this.distribution));
    new ARecord(this, 'A', { zone, recordName, target });
    new AaaaRecord(this, 'Aaaa', { zone, recordName, target });
  }
}

/** Every status whose caching CloudFront lets us set. */
const errorCodes = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

function apiOrigin({ domainName, path, waitSeconds }: ApiOrigin, secret: Secret) {
  return new HttpOrigin(domainName, {
    ...(path && { originPath: path }),
    protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
    readTimeout: Duration.seconds(waitSeconds),
    keepaliveTimeout: Duration.seconds(60),
    // CloudFormation resolves this reference, so no template contains the secret.
    customHeaders: { [originHeader]: secret.secretValue.unsafeUnwrap() },
  });
}

function viewerRequest(scope: Construct, id: string, code: string): cloudfront.FunctionAssociation {
  return {
    eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
    function: new cloudfront.Function(scope, id, {
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      code: cloudfront.FunctionCode.fromInline(code),
    }),
  };
}
