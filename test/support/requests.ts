// Requests and events with defaults: a test states only what it is about.
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Broker, RequestContext } from '#core/broker.ts';
import type { LogEvent } from '#core/ports.ts';
import type { HttpRequest } from '#http/message.ts';

export const theRequest = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  id: 'request-1',
  method: 'GET',
  path: '/',
  rawQuery: '',
  headers: {},
  cookies: [],
  body: undefined,
  ...more,
});

/** A request that is in no hurry. */
export const requestOn = <Env = Broker>(
  env: Env,
  log: LogEvent = () => {},
): RequestContext<Env> => ({ env, deadline: Number.POSITIVE_INFINITY, log });

export const theContext = {
  awsRequestId: 'lambda-1',
  functionName: 'test',
  getRemainingTimeInMillis: () => 29_000,
} as Context;

export function theEvent(
  more: Partial<APIGatewayProxyEventV2> & {
    method?: string;
    stage?: string;
    domainName?: string;
  } = {},
): APIGatewayProxyEventV2 {
  const { method = 'GET', stage = '$default', domainName = 'app.example', ...rest } = more;
  const path = rest.rawPath ?? '/';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    ...rest,
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName,
      domainPrefix: 'app',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: 'request-1',
      routeKey: '$default',
      stage,
      time: '21/Nov/2026:00:00:00 +0000',
      timeEpoch: 0,
    },
  };
}
