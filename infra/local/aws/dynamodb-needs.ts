// The permissions that each DynamoDB operation needs, with the partition keys that it touches (dynamodb:LeadingKeys).
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
import { tableSchema } from '#adapters/table/schema.ts';
import { account } from '#infra/local/gateway/lambda/variables.ts';
import type { Need } from './iam/guard.ts';

export const tableArn = (region: string, name: string): string =>
  `arn:aws:dynamodb:${region}:${account}:table/${name}`;

export function dynamodbNeeds(operation: string, region: string, input: Input): Need[] {
  const { TableName: table, IndexName: index } = input;
  const leading = leadingKey(input);
  return [
    {
      action: `dynamodb:${operation}`,
      resource: table ? tableArn(region, table) + (index ? `/index/${index}` : '') : '*',
      context: {
        'aws:RequestedRegion': region,
        ...(leading !== undefined && { 'dynamodb:LeadingKeys': [leading] }),
      },
    },
  ];
}

interface Value {
  S?: string;
}

export interface Input {
  TableName?: string;
  IndexName?: string;
  Key?: Record<string, Value>;
  Item?: Record<string, Value>;
  KeyConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, Value>;
}

function leadingKey({ Key, Item, ...query }: Input): string | undefined {
  const item = Key ?? Item;
  if (item) return item[tableSchema.partitionKey]?.S;
  const { KeyConditionExpression: condition = '', IndexName: index } = query;
  const indexed = Object.values(tableSchema.indexes).find(({ name }) => name === index);
  const { partitionKey } = indexed ?? tableSchema;
  const nameOf = (name = '') => query.ExpressionAttributeNames?.[name] ?? name;
  const [, , value = ''] =
    [...condition.matchAll(/([#\w]+)\s*=\s*(:\w+)/g)].find(
      ([, name]) => nameOf(name) === partitionKey,
    ) ?? [];
  return query.ExpressionAttributeValues?.[value]?.S;
}
