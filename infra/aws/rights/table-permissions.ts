// Permissions on items of the table, by the prefix of their partition key (dynamodb:LeadingKeys).
import { partitions, tableSchema } from '#adapters/table/schema.ts';
import type { Statement } from '../../policy/document.ts';
import type { ItemAction, Rights } from './rights.ts';

export function itemStatements(tableArn: string, { items, indexes }: Rights): Statement[] {
  const statements = [...byActions(items)].map(
    ([actions, keys]): Statement => ({
      Effect: 'Allow',
      Action: actions.split(',').map((action) => `dynamodb:${action}`),
      Resource: tableArn,
      Condition: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
        // ForAllValues is also true for a request that names no key.
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    }),
  );
  if (indexes.length > 0) {
    statements.push({
      Effect: 'Allow',
      Action: 'dynamodb:Query',
      Resource: indexes.map((index) => `${tableArn}/index/${tableSchema.indexes[index].name}`),
    });
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

/** `session#` is the prefix of many partitions; `ring` is one partition. */
const leadingKey = (beginning: string) => (beginning.endsWith('#') ? `${beginning}*` : beginning);
