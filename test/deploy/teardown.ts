// The way out that docs/deploy.md describes, command by command, and what AWS has left afterwards.
import type { awsFor } from './aws.ts';

type Aws = ReturnType<typeof awsFor>;

/** What the stacks keep. `destroy` is `npx cdk destroy`. */
export async function tearDown(
  { aws, documented }: Aws,
  destroy: (stack: string) => Promise<unknown>,
  { table, bucket }: { table: string; bucket: string },
): Promise<void> {
  await destroy('okta-dpop-bff');
  await documented(
    'aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name okta-dpop-bff-state',
  );
  await destroy('okta-dpop-bff-state');
  const unprotect =
    'aws dynamodb update-table --table-name <Table> --no-deletion-protection-enabled';
  await documented(unprotect, { '<Table>': table });
  await documented('aws dynamodb delete-table --table-name <Table>', { '<Table>': table });
  await emptyAndDelete(aws, bucket);
  const { logGroups } = await documented<{ logGroups: { logGroupName: string }[] }>(
    'aws logs describe-log-groups --log-group-name-prefix okta-dpop-bff',
  );
  for (const { logGroupName } of logGroups) {
    await aws(`logs delete-log-group --log-group-name ${logGroupName}`);
  }
  const { ResourceTagMappingList: keys } = await documented<Tagged>(
    'aws resourcegroupstaggingapi get-resources --resource-type-filters kms --tag-filters Key=bff-broker,Values=okta-dpop-bff',
  );
  for (const { ResourceARN } of keys) {
    const schedule = 'aws kms schedule-key-deletion --pending-window-in-days 7 --key-id <key>';
    await documented(schedule, { '<key>': ResourceARN });
  }
}

/** S3 > the bucket > Empty, then Delete: what the console does. */
async function emptyAndDelete(aws: Aws['aws'], bucket: string): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await aws<Held>(
    `s3api list-object-versions --bucket ${bucket}`,
  );
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
    await aws(`s3api delete-object --bucket ${bucket} --key ${Key} --version-id ${VersionId}`);
  }
  await aws(`s3api delete-bucket --bucket ${bucket}`);
}

/** Everything of the account that is not the bootstrap's, by kind. */
export async function leftIn({ aws }: Aws): Promise<Record<string, string[]>> {
  const kinds: [kind: string, line: string][] = [
    ['stacks', 'cloudformation describe-stacks --query Stacks[].StackName'],
    ['tables', 'dynamodb list-tables --query TableNames'],
    ['functions', 'lambda list-functions --query Functions[].FunctionName'],
    ['log groups', 'logs describe-log-groups --query logGroups[].logGroupName'],
    ['buckets', 's3api list-buckets --query Buckets[].Name'],
    ['secrets', 'secretsmanager list-secrets --query SecretList[].Name'],
    ['distributions', 'cloudfront list-distributions --query DistributionList.Items[].Id'],
    ['HTTP APIs', 'apigatewayv2 get-apis --query Items[].ApiId'],
    ['REST APIs', 'apigateway get-rest-apis --query items[].id'],
    ['roles', 'iam list-roles --query Roles[].RoleName'],
    ['firewalls', 'wafv2 list-web-acls --scope CLOUDFRONT --query WebACLs[].Name'],
    ['dashboards', 'cloudwatch list-dashboards --query DashboardEntries[].DashboardName'],
    ['aliases', 'kms list-aliases --query Aliases[].AliasName'],
    ['records', 'route53 list-hosted-zones --query HostedZones[?ResourceRecordSetCount>`2`].Name'],
  ];
  const found = await Promise.all(
    kinds.map(async ([kind, line]) => {
      const names = (await aws<string[] | null>(line)) ?? [];
      return [kind, names.filter((one) => !/cdk-|CDKToolkit|^alias\/aws\//.test(one))] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, names]) => names.length > 0));
}

/** The state of each key. */
export async function keyStates({ aws }: Aws): Promise<string[]> {
  const ids = await aws<string[]>('kms list-keys --query Keys[].KeyId');
  return Promise.all(
    ids.map((id) => aws<string>(`kms describe-key --key-id ${id} --query KeyMetadata.KeyState`)),
  );
}

interface Tagged {
  ResourceTagMappingList: { ResourceARN: string }[];
}

interface Held {
  Versions?: { Key: string; VersionId: string }[];
  DeleteMarkers?: { Key: string; VersionId: string }[];
}
