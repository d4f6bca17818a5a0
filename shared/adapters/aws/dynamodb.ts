// The DynamoDB operations that the stores need. The stores do not care which client performs them.
import type {
  DeleteItemCommandInput,
  DeleteItemCommandOutput,
  DynamoDBClient,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  PutItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from './clients.ts';

export interface DynamodbOperations {
  GetItem: [asked: GetItemCommandInput, answer: Answer<GetItemCommandOutput>];
  Query: [asked: QueryCommandInput, answer: Answer<QueryCommandOutput>];
  PutItem: [asked: PutItemCommandInput, answer: Answer<PutItemCommandOutput>];
  UpdateItem: [asked: UpdateItemCommandInput, answer: Answer<UpdateItemCommandOutput>];
  DeleteItem: [asked: DeleteItemCommandInput, answer: Answer<DeleteItemCommandOutput>];
}

type Answer<Output> = Omit<Output, '$metadata'>;

/**
 * Failures have DynamoDB's names (ConditionalCheckFailedException). `$metadata.attempts` says how many requests were
 * sent: when an answer is lost, the request is repeated.
 */
export type Dynamodb = <Operation extends keyof DynamodbOperations>(
  operation: Operation,
  asked: DynamodbOperations[Operation][0],
) => Promise<DynamodbOperations[Operation][1]>;

export function sdkDynamodb(client: DynamoDBClient): Dynamodb {
  const send: { [O in keyof DynamodbOperations]: (asked: DynamodbOperations[O][0]) => unknown } = {
    GetItem: (asked) => client.send(new GetItemCommand(asked)),
    Query: (asked) => client.send(new QueryCommand(asked)),
    PutItem: (asked) => client.send(new PutItemCommand(asked)),
    UpdateItem: (asked) => client.send(new UpdateItemCommand(asked)),
    DeleteItem: (asked) => client.send(new DeleteItemCommand(asked)),
  };
  return async <O extends keyof DynamodbOperations>(
    operation: O,
    asked: DynamodbOperations[O][0],
  ) => (await send[operation](asked)) as DynamodbOperations[O][1];
}
