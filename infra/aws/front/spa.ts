// The SPA's files: a private bucket that only the distribution can read, and their upload.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import type { Construct } from 'constructs';
import { acknowledge, acknowledgePolicies } from '#infra/aws/acknowledge.ts';
import { ConfigError } from '#shared/config/faults.ts';

interface Kept {
  readonly removalPolicy: RemovalPolicy;
  readonly encryptionKey?: IKey | undefined;
}

export function spaBucket(scope: Construct, { removalPolicy, encryptionKey }: Kept): IBucket {
  const bucket = new Bucket(scope, 'Spa', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    ...(encryptionKey
      ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    enforceSSL: true,
    // After a rollback, the files that its index.html names still exist.
    versioned: true,
    lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
    removalPolicy,
    // A bucket with files cannot be destroyed, whoever uploaded them.
    autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
  });
  acknowledge(bucket, {
    'AwsSolutions-S1': 'Public files, read by CloudFront alone, whose requests are logged there.',
  });
  return bucket as IBucket;
}

export function* spaFault(folder: string): Iterable<string> {
  if (!existsSync(join(folder, 'index.html'))) {
    yield `spa: there is no folder with an index.html at ${folder}; build the app first`;
  }
}

/**
 * Files below assets/ have a hash in their names and may be cached indefinitely; index.html, which names them, may not.
 */
export function uploadSpa(
  scope: Construct,
  folder: string,
  bucket: IBucket,
  distribution: Distribution,
): void {
  const faults = [...spaFault(folder)];
  if (faults.length > 0) throw new ConfigError(faults);
  const common = {
    sources: [Source.asset(folder)],
    destinationBucket: bucket,
    // An open tab still requests files of the previous version.
    prune: false,
    memoryLimit: 512,
  };
  const assets = new BucketDeployment(scope, 'SpaAssets', {
    ...common,
    exclude: ['*'],
    include: ['assets/*'],
    cacheControl: [CacheControl.fromString('public, max-age=31536000, immutable')],
  });
  const pages = new BucketDeployment(scope, 'SpaPages', {
    ...common,
    exclude: ['assets/*'],
    cacheControl: [CacheControl.fromString('public, max-age=0, must-revalidate')],
    distribution,
    distributionPaths: ['/*'],
  });
  // A page must not name a file that has not been uploaded yet.
  pages.node.addDependency(assets);
  acknowledgeUploader(pages);
}

/** The CDK's own upload function, which all deployments to buckets in a stack share. */
function acknowledgeUploader({ handlerRole }: BucketDeployment): void {
  const uploader = handlerRole.node.scope;
  acknowledge(uploader, {
    'AwsSolutions-L1': 'The CDK chooses the runtime of its uploader.',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
      'The CDK gives its uploader this policy: it may write its own logs.',
  });
  acknowledgePolicies(
    handlerRole,
    'The uploader of the CDK reads the assets, writes to the bucket of the pages and asks CloudFront to invalidate them.',
  );
}
