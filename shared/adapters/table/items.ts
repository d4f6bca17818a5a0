// Items and expressions of DynamoDB as plain values. Every name in an expression is written #name, because many words
// are reserved.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Dynamodb, DynamodbOperations } from '#adapters/aws/dynamodb.ts';
import { storeUnavailable } from '#adapters/aws/unavailable.ts';
import { BrokerError } from '#core/errors.ts';
import type { Clock } from '#core/ports.ts';

export type Value = string | number | Uint8Array;
export type Item = Record<string, AttributeValue>;

/** What every adapter for the table needs. */
export interface Table {
  name: string;
  clock: Clock;
}

export const secondsNow = ({ clock }: Table): number => Math.floor(clock.now() / 1000);

export function attributeOf(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  return typeof value === 'number' ? { N: String(value) } : { B: value };
}

/** Leaves out what is undefined. */
export function itemOf(values: Record<string, Value | undefined>): Item {
  const item: Item = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) item[name] = attributeOf(value);
  }
  return item;
}

/** The names and values of expressions: `#version = :held` with `{ held: 1 }`. */
export function expressionParts(expressions: readonly string[], values: Record<string, Value>) {
  const names = expressions.join(' ').match(/#\w+/g) ?? [];
  const given = Object.entries(values).map(([name, value]) => [`:${name}`, attributeOf(value)]);
  return {
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
    // DynamoDB refuses an empty map.
    ...(given.length > 0 && { ExpressionAttributeValues: Object.fromEntries(given) as Item }),
  };
}

export const textIn = (item: Item, name: string): string => item[name]?.S ?? missingAttribute(name);
export const optionalTextIn = (item: Item, name: string): string | undefined => item[name]?.S;
export const bytesIn = (item: Item, name: string): Uint8Array =>
  item[name]?.B ?? missingAttribute(name);

export function numberIn(item: Item, name: string): number {
  const value = Number(item[name]?.N);
  return Number.isFinite(value) ? value : missingAttribute(name);
}

export function oneOfIn<T extends string>(item: Item, name: string, values: readonly T[]): T {
  return values.find((value) => value === item[name]?.S) ?? missingAttribute(name);
}

/** Returns undefined when the condition did not hold. Any other failure ends the request. */
export async function conditionalRequest<Operation extends keyof DynamodbOperations>(
  dynamodb: Dynamodb,
  operation: Operation,
  asked: DynamodbOperations[Operation][0],
): Promise<DynamodbOperations[Operation][1] | undefined> {
  try {
    return await dynamodb(operation, asked);
  } catch (cause) {
    if (isConditionFailure(cause)) return undefined;
    throw storeUnavailable(`DynamoDB ${operation}`, cause);
  }
}

/** `refused_repeated`: the condition no longer holds, but the first of these requests may have deleted the item. */
export type Deletion = 'deleted' | 'refused' | 'refused_repeated';

/** A repeated delete cannot recognise its own work: a missing item does not tell who deleted it. */
export async function conditionalDelete(
  dynamodb: Dynamodb,
  asked: DynamodbOperations['DeleteItem'][0],
): Promise<Deletion> {
  try {
    await dynamodb('DeleteItem', asked);
    return 'deleted';
  } catch (cause) {
    if (isConditionFailure(cause)) return wasRepeated(cause) ? 'refused_repeated' : 'refused';
    throw storeUnavailable('DynamoDB DeleteItem', cause);
  }
}

const isConditionFailure = (cause: unknown): cause is Error =>
  cause instanceof Error && cause.name === 'ConditionalCheckFailedException';

const wasRepeated = (failure: Error & { $metadata?: { attempts?: number } }): boolean =>
  (failure.$metadata?.attempts ?? 1) > 1;

export async function tableRequest<Operation extends keyof DynamodbOperations>(
  dynamodb: Dynamodb,
  operation: Operation,
  asked: DynamodbOperations[Operation][0],
): Promise<DynamodbOperations[Operation][1]> {
  try {
    return await dynamodb(operation, asked);
  } catch (cause) {
    throw storeUnavailable(`DynamoDB ${operation}`, cause);
  }
}

function missingAttribute(name: string): never {
  throw new BrokerError('internal', `an item of the table has no usable ${name}`);
}
