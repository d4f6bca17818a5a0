// The secret that CloudFront adds to requests, and the function that requires it. Secrets are numbered. The next number
// makes a new secret, and the previous one is still accepted, so that replacing the secret refuses nobody while
// CloudFront is still being updated.
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '#infra/aws/acknowledge.ts';

interface OriginSecretProps {
  readonly number: number;
  readonly encryptionKey?: IKey | undefined;
}

export class OriginSecret extends Construct {
  /** The secret that CloudFront sends. */
  readonly current: Secret;
  /** The secrets that are accepted. */
  readonly accepted: Secret[];

  constructor(scope: Construct, id: string, { number, encryptionKey }: OriginSecretProps) {
    super(scope, id);
    if (!Number.isInteger(number) || number < 1) {
      throw new Error('originSecret: must be 1 or the next whole number');
    }
    const secret = (which: number) => {
      const made = new Secret(this, `Secret${which}`, {
        description: `Shows that a request comes from CloudFront (${which})`,
        generateSecretString: { passwordLength: 64, excludePunctuation: true },
        removalPolicy: RemovalPolicy.DESTROY,
        ...(encryptionKey && { encryptionKey }),
      });
      acknowledge(made, {
        'AwsSolutions-SMG4':
          'CloudFront learns the secret only from a deployment, so an automatic rotation would lock it out; the next number replaces it.',
      });
      return made;
    };
    this.current = secret(number);
    this.accepted = number > 1 ? [this.current, secret(number - 1)] : [this.current];
  }
}
