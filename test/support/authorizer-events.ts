// Events of API Gateway's authorizers, in the forms that its Developer Guide documents.
import type { AuthorizerEvent } from '#http/authorizer-event.ts';

export interface Called {
  method?: string;
  /** As the client sent it, with the stage where there is one. */
  path?: string;
  route?: string;
  /** In order; names may repeat. */
  headers: readonly (readonly [name: string, value: string])[];
  domainName?: string;
  stage?: string;
}

const arn = 'arn:aws:execute-api:eu-west-1:111122223333:api1';
export const apiHost = 'api1.execute-api.eu-west-1.amazonaws.com';

/** Payload 2.0: names in lower case, repeated lines joined, the path decoded. */
export function httpApiEvent(called: Called): AuthorizerEvent {
  const { method = 'GET', path = '/orders', headers, stage = '$default' } = called;
  const { domainName = apiHost, route = 'GET /orders' } = called;
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    joined[lower] = lower in joined ? `${joined[lower]},${value}` : value;
  }
  return {
    version: '2.0',
    routeKey: route,
    routeArn: `${arn}/${stage}/${method}${path}`,
    rawPath: decodeURIComponent(path),
    headers: joined,
    requestContext: {
      domainName,
      stage,
      requestId: 'request-1',
      http: { method, path: decodeURIComponent(path) },
    },
  };
}

/** A REST API: names as they were sent, every line kept, the path encoded and without its stage. */
export function restApiEvent(called: Called): AuthorizerEvent {
  const { method = 'GET', path = '/live/orders', headers, stage = 'live' } = called;
  const { domainName = apiHost, route = 'GET /orders' } = called;
  const lines: Record<string, string[]> = {};
  for (const [name, value] of headers) lines[name] = [...(lines[name] ?? []), value];
  return {
    methodArn: `${arn}/${stage}/${method}${path.replace(`/${stage}`, '')}`,
    resource: route.replace(/^\S+ /, ''),
    path: path.replace(new RegExp(`^/${stage}(?=/)`), ''),
    httpMethod: method,
    headers: Object.fromEntries(Object.entries(lines).map(([name, all]) => [name, all.at(-1)])),
    multiValueHeaders: lines,
    requestContext: { domainName, stage, path, requestId: 'request-1' },
  };
}
