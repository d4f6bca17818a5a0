// The orders API of a local run, behind the authorizer that is deployed: its port, its keys and table, and what went
// through it, for the page that shows both ends of a call.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { tableArn } from '#infra/local/aws/dynamodb-needs.ts';
import type { Functions } from '#infra/local/gateway/lambda/lambda.ts';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { noteCall } from '#infra/local/okta/api/call-events.ts';
import { answerSafely, close, listen, send } from '#infra/local/okta/http.ts';
import type { Okta } from '#infra/local/okta/index.ts';
import type { StolenCall } from '#infra/local/okta/resource/thefts.ts';
import type { ApiAuthorizerInput } from '#shared/config/api-authorizer-input.ts';
import type { ApiAuthorizerEnvironment } from '#shared/config/environment.ts';
import type { OwnState } from '../../aws/own-api/permissions.ts';
import { guardedApi } from './gateway.ts';
import { ordersApi, routes } from './handler.ts';

export interface Orders {
  /** Also its resource indicator, and the audience of its tokens. */
  origin: string;
  /** What its authorizer finds in its environment. */
  variables: Record<string, string>;
  /** What its authorizer may use. */
  state: OwnState;
  /** The last call that was let in, for whoever tries to steal it. */
  lastCall: { value?: StolenCall };
  close(): Promise<void>;
}

export interface OrdersOptions {
  okta: Pick<Okta, 'issuer' | 'resources' | 'events'>;
  urls: { dynamodb: string; kms: string };
  functions(): Functions;
}

export const authorizerName = 'apiAuthorizer';
export const scopes = ['orders.read', 'orders.write'];

const table = 'orders-replays';

export async function startOrders({ okta, urls, functions }: OrdersOptions): Promise<Orders> {
  const nonceKey = await makeReady(urls);
  const answer = guardedApi({
    functions,
    authorizer: authorizerName,
    routes: Object.keys(routes),
    integration: ordersApi(),
  });
  const lastCall: Orders['lastCall'] = {};
  const server = createServer((req, res) => answerSafely(req, res, handle));
  const origin = await listen(server, 0, '127.0.0.1');
  okta.resources.set(origin, scopes);
  const api: ApiAuthorizerInput = {
    issuer: okta.issuer,
    audience: origin,
    scopes: routes,
    nonces: 'gateway',
    replay: 'table',
    bearer: 'deny',
    publicUrl: origin,
    jwksUri: `${okta.issuer}/oauth2/v1/keys`,
  };

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const result = await answer(req);
    const { error, error_description: description } =
      result.status >= 400 ? JSON.parse(String(result.body)) : {};
    if (result.status < 400) lastCall.value = callIn(origin, req);
    await noteCall(okta.events, 'orders', req, { status: result.status, error, description });
    send(req, res, result);
  }

  return {
    origin,
    variables: {
      BFF_API: JSON.stringify(api),
      BFF_REPLAY_TABLE: table,
      BFF_NONCE_KEY: nonceKey,
      POWERTOOLS_SERVICE_NAME: 'orders',
    } satisfies ApiAuthorizerEnvironment & Record<string, string>,
    state: { replayTableArn: tableArn(region, table), nonceKeyArn: nonceKey },
    lastCall,
    close: () => close(server),
  };
}

const callIn = (origin: string, { method = 'GET', url = '/', headers }: IncomingMessage) => ({
  method,
  url: new URL(url, origin).href,
  token: headers.authorization?.split(' ')[1] ?? '',
  proof: String(headers.dpop),
});

/** The replay table, and the key of the nonces, whose ARN it returns. */
async function makeReady({ dynamodb, kms }: OrdersOptions['urls']): Promise<string> {
  const options = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const tables = new DynamoDBClient({ ...options, endpoint: dynamodb });
  const keys = new KMSClient({ ...options, endpoint: kms });
  try {
    await tables
      .send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        }),
      )
      .catch((error: unknown) => {
        if (!(error instanceof ResourceInUseException)) throw error;
      });
    const { KeyMetadata: made } = await keys.send(
      new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    );
    return made?.Arn ?? '';
  } finally {
    tables.destroy();
    keys.destroy();
  }
}
