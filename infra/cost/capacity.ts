// What DynamoDB charges for a request on demand, by the sizes of the items.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { tableSchema } from '#adapters/table/schema.ts';

export type Item = Readonly<Record<string, AttributeValue>>;

/** A query is rounded up once, for all that it read. Nothing read costs as much as the least. */
export function readUnits(items: readonly Item[], consistent: boolean): number {
  const bytes = items.reduce((sum, item) => sum + sizeOf(item), 0);
  return Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5);
}

/** The larger of the item before and after; and what changed in the indexes. A refused condition costs as much. */
export function writeUnits(before: Item | undefined, after: Item | undefined): number {
  const larger = Math.max(before ? sizeOf(before) : 0, after ? sizeOf(after) : 0);
  const indexes = Object.values(tableSchema.indexes).map((index) =>
    indexUnits(projected(index, before), projected(index, after)),
  );
  return indexes.reduce((sum, units) => sum + units, Math.max(1, Math.ceil(larger / 1024)));
}

/** An entry that moves to another key is deleted and written. */
function indexUnits(before: Item | undefined, after: Item | undefined): number {
  if (JSON.stringify(before) === JSON.stringify(after)) return 0;
  const units = (entry: Item | undefined) => (entry ? Math.ceil(sizeOf(entry) / 1024) : 0);
  return units(before) + units(after);
}

type Index = (typeof tableSchema.indexes)[keyof typeof tableSchema.indexes];

/** The indexes hold keys only, of items that have them. */
function projected(index: Index, item: Item | undefined): Item | undefined {
  const own = 'sortKey' in index ? [index.partitionKey, index.sortKey] : [index.partitionKey];
  if (!item || own.some((name) => item[name] === undefined)) return undefined;
  const names = [tableSchema.partitionKey, tableSchema.sortKey, ...own];
  return Object.fromEntries(names.map((name) => [name, item[name] as AttributeValue]));
}

export const sizeOf = (item: Item): number =>
  Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value),
    0,
  );

function sizeOfValue({ S, N, B, BOOL, NULL }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  // Two digits a byte, and one more.
  if (N !== undefined) return Math.ceil(N.replace(/[^0-9]/g, '').length / 2) + 1;
  if (B !== undefined) return typeof B === 'string' ? Buffer.byteLength(B, 'base64') : B.length;
  if (BOOL !== undefined || NULL !== undefined) return 1;
  throw new Error('the table has no lists, maps or sets');
}
