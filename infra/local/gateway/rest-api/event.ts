// Turns an HTTP request into the event of a REST API (Lambda proxy integration). Unlike in an HTTP API, the path stays
// encoded. There is no query string, only names and values, read as a form. Headers keep their names, cookies are one
// of them, and with `*/*` as a binary type every body is base64.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import {
  clfTime,
  domainName,
  hopByHop,
  ipOf,
  newTraceId,
} from '#infra/local/gateway/http-api/event.ts';
import { account } from '#infra/local/gateway/lambda/variables.ts';
import {
  type Head,
  type HeaderDecoding,
  rawHeadersOf,
  schemeOf,
} from '#infra/local/gateway/request.ts';
import type { RouteMatch } from '#infra/local/gateway/routes.ts';

export interface RestFacts extends Head {
  match: RouteMatch;
  body: Buffer;
  /** The port that the client reached. */
  port: number;
  headerDecoding?: HeaderDecoding;
  now?: Date;
}

const stage = 'live';

export function toRestEvent(request: IncomingMessage, facts: RestFacts): APIGatewayProxyEvent {
  const { method, path, query, match, body } = facts;
  const now = facts.now ?? new Date();
  const sourceIp = ipOf(request);
  const headers = headersOf(rawHeadersOf(request, facts.headerDecoding), {
    sourceIp,
    port: facts.port,
    scheme: schemeOf(request),
    now,
  });
  const parameters = grouped(new URLSearchParams(query));
  const resource = match.route.key.replace(/^\S+ /, '');
  return {
    resource,
    path,
    httpMethod: method,
    headers: lastOf(headers),
    multiValueHeaders: headers,
    queryStringParameters: query === '' ? null : lastOf(parameters),
    multiValueQueryStringParameters: query === '' ? null : parameters,
    pathParameters: match.pathParameters,
    stageVariables: null,
    requestContext: {
      accountId: account,
      apiId: 'local',
      authorizer: { principalId: 'cloudfront' },
      domainName,
      domainPrefix: 'local',
      extendedRequestId: randomUUID(),
      httpMethod: method,
      identity: { ...nobody, sourceIp, userAgent: request.headers['user-agent'] ?? null },
      path: `/${stage}${path}`,
      protocol: `HTTP/${request.httpVersion}`,
      requestId: randomUUID(),
      requestTime: clfTime(now),
      requestTimeEpoch: now.getTime(),
      resourceId: 'local',
      resourcePath: resource,
      stage,
    },
    body: body.length > 0 ? body.toString('base64') : null,
    isBase64Encoded: body.length > 0,
  };
}

const nobody = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
};

function headersOf(
  raw: string[],
  facts: { sourceIp: string; port: number; scheme: string; now: Date },
) {
  const lines: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const [name = '', value = ''] = raw.slice(index, index + 2);
    const lower = name.toLowerCase();
    if (!hopByHop.has(lower) && lower !== 'host') lines.push([name, value]);
  }
  const before = lines.filter(([name]) => name.toLowerCase() === 'x-forwarded-for');
  return grouped([
    ...lines.filter((line) => !before.includes(line)),
    ['Host', domainName],
    ['X-Amzn-Trace-Id', newTraceId(facts.now)],
    // Appended: the client controls everything left of the last entry.
    ['X-Forwarded-For', [...before.map(([, value]) => value), facts.sourceIp].join(', ')],
    ['X-Forwarded-Port', String(facts.port)],
    ['X-Forwarded-Proto', facts.scheme],
  ]);
}

function grouped(pairs: Iterable<[string, string]>): Record<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const [name, value] of pairs) lists.set(name, [...(lists.get(name) ?? []), value]);
  return Object.fromEntries(lists);
}

const lastOf = (lists: Record<string, string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1) ?? '']));
