// The embedded DynamoDB behind a meter: each request is passed on as it is, and charged as DynamoDB would.

import { startDynamodb } from '../local/aws/dynamodb.ts';
import { type AwsAnswer, type AwsRequest, startAwsEndpoint } from '../local/aws/endpoint.ts';
import { type Item, readUnits, writeUnits } from './capacity.ts';

export interface MeteredTable {
  url: string;
  /** Since it began. */
  units: { read: number; write: number };
  close(): Promise<void>;
}

interface Body {
  TableName: string;
  Key?: Item;
  Item?: Item;
  ConsistentRead?: boolean;
}

const contentType = 'application/x-amz-json-1.0';

export async function meteredTable(): Promise<MeteredTable> {
  const inner = await startDynamodb();
  const units = { read: 0, write: 0 };

  const ask = async (operation: string, body: string, headers: Record<string, string>) => {
    const answer = await fetch(inner.url, {
      method: 'POST',
      body,
      headers: { ...headers, 'x-amz-target': `DynamoDB_20120810.${operation}` },
    });
    return { status: answer.status, body: await answer.text() };
  };

  const answer = async ({ operation, body, headers }: AwsRequest): Promise<AwsAnswer> => {
    const signed = {
      'content-type': contentType,
      authorization: headers.authorization ?? '',
      'x-amz-date': String(headers['x-amz-date']),
    };
    const passOn = async () => ({
      headers: { 'content-type': contentType },
      ...(await ask(operation, body.toString(), signed)),
    });
    const request = JSON.parse(body.toString()) as Body;
    const found = async (): Promise<Item | undefined> => {
      const [pk, sk] = [request.Key ?? request.Item].flatMap((key) => [key?.pk, key?.sk]);
      const get = { TableName: request.TableName, Key: { pk, sk }, ConsistentRead: true };
      return JSON.parse((await ask('GetItem', JSON.stringify(get), signed)).body).Item;
    };
    if (writes.includes(operation)) {
      const before = await found();
      const passed = await passOn();
      units.write += writeUnits(before, await found());
      return passed;
    }
    const passed = await passOn();
    if (reads.includes(operation)) {
      const { Item, Items = Item ? [Item] : [] } = JSON.parse(passed.body);
      units.read += readUnits(Items, request.ConsistentRead === true);
    } else if (!/Table|TimeToLive/.test(operation)) {
      throw new Error(`nobody has said what ${operation} costs`);
    }
    return passed;
  };

  const meter = await startAwsEndpoint({ contentType, answer });
  return {
    url: meter.url,
    units,
    async close() {
      await meter.close();
      await inner.close();
    },
  };
}

const writes = ['PutItem', 'UpdateItem', 'DeleteItem'];
const reads = ['GetItem', 'Query'];
