// Rights on items of the table, by the beginning of their partition key (dynamodb:LeadingKeys).
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { partitions, tableSchema } from '#adapters/table.ts';
import type { ItemAction, Rights } from './rights.ts';

export function itemStatements(table: TableV2, { items, indexes }: Rights): PolicyStatement[] {
  const statements = [...byActions(items)].map(
    ([actions, keys]) =>
      new PolicyStatement({
        actions: actions.split(',').map((action) => `dynamodb:${action}`),
        resources: [table.tableArn],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
          // ForAllValues is also true of a request that names no key.
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      }),
  );
  if (indexes.length > 0) {
    statements.push(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: indexes.map(
          (index) => `${table.tableArn}/index/${tableSchema.indexes[index].name}`,
        ),
      }),
    );
  }
  return statements;
}

/** Partitions with the same actions share a statement. */
function byActions(items: Rights['items']): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [partition, actions] of Object.entries(items) as [
    keyof typeof partitions,
    readonly ItemAction[],
  ][]) {
    const group = actions.toSorted().join();
    groups.set(group, [...(groups.get(group) ?? []), leadingKey(partitions[partition])]);
  }
  return groups;
}

/** `session#` begins many partitions, `ring` is one. */
const leadingKey = (beginning: string) => (beginning.endsWith('#') ? `${beginning}*` : beginning);
