// The place of the stack that uses it, and our policies in the CDK's form.
import { Aws } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { PolicyDocument as PlainDocument, Statement } from '../policy/document.ts';
import type { AwsPlace } from './rights/names.ts';

export const here: AwsPlace = {
  partition: Aws.PARTITION,
  region: Aws.REGION,
  account: Aws.ACCOUNT_ID,
};

export const policyStatement = (statement: Statement): PolicyStatement =>
  PolicyStatement.fromJson(statement);

export const policyDocument = (document: PlainDocument): PolicyDocument =>
  PolicyDocument.fromJson(document);
