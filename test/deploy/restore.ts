// The first two steps of docs/deploy.md, "Restore the table": after them people sign in again.
import type { awsFor } from './aws.ts';

/** Gives the name of the table that the functions use from now on. */
export async function restoreTable(
  { aws, documented }: ReturnType<typeof awsFor>,
  table: string,
): Promise<string> {
  const restored = `${table}-restored`;
  const blanks = { 'T-restored': restored, ' T ': ` ${table} ` };
  for (const line of [
    'aws dynamodb restore-table-to-point-in-time --source-table-name T --target-table-name T-restored --use-latest-restorable-time',
    'aws dynamodb wait table-exists --table-name T-restored',
    'aws dynamodb update-time-to-live --table-name T-restored --time-to-live-specification Enabled=true,AttributeName=ttl',
    'aws dynamodb update-continuous-backups --table-name T-restored --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true',
    'aws dynamodb update-table --table-name T-restored --deletion-protection-enabled',
  ]) {
    await documented(line, blanks);
  }
  const functions = await aws<FunctionConfiguration[]>('lambda list-functions --query Functions');
  for (const { FunctionName, Role, Environment } of functions) {
    if (Environment?.Variables.BFF_TABLE !== table) continue;
    const Variables = { ...Environment.Variables, BFF_TABLE: restored };
    const update = `lambda update-function-configuration --function-name ${FunctionName}`;
    await aws(update, '--environment', JSON.stringify({ Variables }));
    await copyPolicies(aws, Role.split('/').at(-1) ?? '', table, restored);
  }
  return restored;
}

async function copyPolicies(
  aws: ReturnType<typeof awsFor>['aws'],
  role: string,
  table: string,
  restored: string,
): Promise<void> {
  const names = await aws<string[]>(
    `iam list-role-policies --role-name ${role} --query PolicyNames`,
  );
  for (const name of names) {
    const policy = await aws<object>(
      `iam get-role-policy --role-name ${role} --policy-name ${name} --query PolicyDocument`,
    );
    const copy = JSON.stringify(policy).replaceAll(`table/${table}`, `table/${restored}`);
    const put = `iam put-role-policy --role-name ${role} --policy-name restored`;
    await aws(put, '--policy-document', copy);
  }
}

interface FunctionConfiguration {
  FunctionName: string;
  Role: string;
  Environment?: { Variables: Record<string, string> };
}
