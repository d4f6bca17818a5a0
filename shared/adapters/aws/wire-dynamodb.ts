// DynamoDB for the stores, without the SDK: its JSON has the form of the SDK's inputs and outputs, except that bytes
// are base64.

import type { Item } from '#adapters/table/items.ts';
import type { Dynamodb, DynamodbOperations } from './dynamodb.ts';
import type { AwsCall } from './wire.ts';

export const wireDynamodb =
  (call: AwsCall): Dynamodb =>
  async <O extends keyof DynamodbOperations>(operation: O, input: DynamodbOperations[O][0]) => {
    const asked = { ...(input as Items) };
    for (const name of ['Item', 'ExpressionAttributeValues'] as const) {
      if (asked[name]) asked[name] = withBytes(asked[name], toBase64);
    }
    const answer = (await call(operation, JSON.stringify(asked))) as Items;
    for (const name of ['Item', 'Attributes'] as const) {
      if (answer[name]) answer[name] = withBytes(answer[name], fromBase64);
    }
    if (answer.Items) answer.Items = answer.Items.map((item) => withBytes(item, fromBase64));
    return answer as DynamodbOperations[O][1];
  };

/** Where byte attributes may be in requests and answers. Keys have none. */
interface Items {
  Item?: Item | undefined;
  ExpressionAttributeValues?: Item | undefined;
  Attributes?: Item | undefined;
  Items?: Item[] | undefined;
}

function withBytes(item: Item, convert: (bytes: Uint8Array) => Uint8Array): Item {
  const converted = { ...item };
  for (const name in item) {
    const bytes = item[name]?.B;
    if (bytes !== undefined) converted[name] = { B: convert(bytes) };
  }
  return converted;
}

// On the wire a B is a string, although the SDK's types differ.
const toBase64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') as never;

function fromBase64(text: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(text as string, 'base64');
  return new Uint8Array(buffer, byteOffset, byteLength);
}
