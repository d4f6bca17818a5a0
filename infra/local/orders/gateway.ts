// A REST API behind its authorizer, as in API Gateway. Without an Authorization header the authorizer is not asked. When
// its policy denies, a gateway response answers; when it allows, its context goes to the integration.
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { Functions } from '#infra/local/gateway/lambda/lambda.ts';
import { readBody, readHead } from '#infra/local/gateway/request.ts';
import { toRestEvent } from '#infra/local/gateway/rest-api/event.ts';
import { remapped } from '#infra/local/gateway/rest-api/remapped.ts';
import { createRouter, type RouteMatch } from '#infra/local/gateway/routes.ts';
import type { OktaAnswer } from '#infra/local/okta/http.ts';
import { type GatewayAnswer, gatewayAnswers } from '../../aws/own-api/gateway-responses.ts';

export interface GuardedApi {
  functions(): Functions;
  /** The name of the authorizer's function. */
  authorizer: string;
  routes: readonly string[];
  integration(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult>;
}

type Context = Record<string, string>;

interface Authorized {
  policyDocument?: { Statement?: { Effect?: string }[] };
  context?: Context;
}

export function guardedApi({ functions, authorizer, routes, integration }: GuardedApi) {
  const route = createRouter(routes.map((key) => ({ key, target: authorizer })));

  return async (request: IncomingMessage): Promise<OktaAnswer> => {
    const head = readHead(request);
    if (typeof head === 'number') return plain(head);
    const match = route(head.method, head.path);
    // REST APIs answer so for a path that they do not have.
    if (!match) return plain(403, 'Missing Authentication Token');
    const body = await readBody(request);
    if (typeof body === 'number') return plain(body);
    const event = eventOf(request, { ...head, match, body });
    if (!request.headers.authorization) return gatewayAnswer('UNAUTHORIZED');
    const judged = await ask(event);
    if (!judged) return gatewayAnswer('AUTHORIZER_CONFIGURATION_ERROR');
    const { policyDocument, context = {} } = judged;
    if (policyDocument?.Statement?.[0]?.Effect !== 'Allow') {
      return gatewayAnswer('ACCESS_DENIED', context);
    }
    const requestContext = { ...event.requestContext, authorizer: context };
    return toAnswer(await integration({ ...event, requestContext }));
  };

  /** Returns undefined when it failed: the gateway cannot tell why. */
  async function ask(event: APIGatewayProxyEvent): Promise<Authorized | undefined> {
    const {
      requestContext: { authorizer: _none, ...requestContext },
      httpMethod,
      path,
    } = event;
    const asked = {
      ...event,
      requestContext,
      type: 'REQUEST',
      methodArn: `arn:aws:execute-api:us-east-1:111122223333:orders/live/${httpMethod}${path}`,
    };
    const outcome = await functions().invoke(authorizer, JSON.stringify(asked));
    return outcome.kind === 'done' ? JSON.parse(outcome.payload) : undefined;
  }
}

function eventOf(
  request: IncomingMessage,
  facts: { method: string; path: string; query: string; match: RouteMatch; body: Buffer },
): APIGatewayProxyEvent {
  return toRestEvent(request, { ...facts, port: request.socket.localPort ?? 0 });
}

function gatewayAnswer(type: GatewayAnswer['type'], context: Context = {}): OktaAnswer {
  const found = gatewayAnswers.find((one) => one.type === type);
  if (!found) throw new TypeError(`there is no gateway response for ${type}`);
  const headers = Object.entries(found.headers)
    .map(([name, source]) => [name, mapped(source, context)] as const)
    .filter(([, value]) => value !== '');
  return {
    status: Number(found.status),
    headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
    body: found.body.replace(
      /\$context\.authorizer\.(\w+)/g,
      (_, name: string) => context[name] ?? '',
    ),
  };
}

/** A text in quotes, or a value of the context. */
const mapped = (source: string, context: Context): string =>
  source.startsWith("'") ? source.slice(1, -1) : (context[source.split('.').at(-1) ?? ''] ?? '');

const toAnswer = ({ statusCode, headers = {}, body }: APIGatewayProxyResult): OktaAnswer => ({
  status: statusCode,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [remapped(name), String(value)]),
  ),
  body,
});

const plain = (status: number, message = 'Bad Request'): OktaAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});
