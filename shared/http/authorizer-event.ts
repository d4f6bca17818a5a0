// The request that an authorizer is asked about: the event of an HTTP API (payload 2.0), or of a REST API and of an HTTP
// API with payload 1.0, in one form.
import type { ApiRequest } from '#core/resource-server/request-verifier.ts';

/** Both events, as far as they are used. */
export interface AuthorizerEvent {
  version?: string;
  headers?: Record<string, string | undefined> | null;
  /** Payload 2.0. */
  routeKey?: string;
  routeArn?: string;
  rawPath?: string;
  /** Payload 1.0. */
  methodArn?: string;
  resource?: string;
  path?: string;
  httpMethod?: string;
  multiValueHeaders?: Record<string, string[] | undefined> | null;
  requestContext?: {
    domainName?: string;
    stage?: string;
    path?: string;
    requestId?: string;
    http?: { method?: string; path?: string };
  };
}

export interface AskedFor {
  request: ApiRequest;
  /** `GET /orders/{id}` */
  route: string;
  /** What a policy allows or denies. */
  arn: string;
  /** Payload 2.0 allows simple answers. */
  form: '1.0' | '2.0';
}

/** `behindOwnHost`: clients use another origin than the API's own, so its stage is no part of their path. */
export function askedFor(event: AuthorizerEvent, behindOwnHost: boolean): AskedFor {
  return event.version === '2.0'
    ? ofHttpApi(event, behindOwnHost)
    : ofRestApi(event, behindOwnHost);
}

function ofHttpApi(event: AuthorizerEvent, behindOwnHost: boolean): AskedFor {
  const { requestContext = {}, rawPath = '', routeKey = '', routeArn = '' } = event;
  const { stage = '$default', domainName = '', http } = requestContext;
  const path = behindOwnHost ? withoutStage(rawPath, stage, domainName) : rawPath;
  return {
    request: {
      method: http?.method ?? '',
      url: `https://${domainName}${path}`,
      pathIsDecoded: true,
      // This API joins repeated headers with a comma, and a joined value is no proof and no credential.
      authorization: single(event, 'authorization'),
      dpop: single(event, 'dpop'),
    },
    route: routeKey,
    arn: routeArn,
    form: '2.0',
  };
}

function ofRestApi(event: AuthorizerEvent, behindOwnHost: boolean): AskedFor {
  const { requestContext = {}, httpMethod = '', resource = '', methodArn = '' } = event;
  const own = event.path ?? '';
  // With the stage, or with the path that a custom domain maps.
  const path = behindOwnHost ? own : (requestContext.path ?? own);
  return {
    request: {
      method: httpMethod,
      url: `https://${requestContext.domainName ?? ''}${path}`,
      authorization: every(event, 'authorization'),
      dpop: every(event, 'dpop'),
    },
    route: `${httpMethod} ${resource}`,
    arn: methodArn,
    form: '1.0',
  };
}

/** A named stage precedes the path on the default host only, not behind a custom domain. */
function withoutStage(path: string, stage: string, domainName: string): string {
  const named = stage !== '$default' && domainName.includes('.execute-api.');
  return named && path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path;
}

function single({ headers }: AuthorizerEvent, wanted: string): string[] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) =>
    name.toLowerCase() === wanted && value !== undefined ? [value] : [],
  );
}

/** `headers` has only the last line, so it counts only when there is nothing better. */
function every(event: AuthorizerEvent, wanted: string): string[] {
  const lines = Object.entries(event.multiValueHeaders ?? {}).flatMap(([name, values]) =>
    name.toLowerCase() === wanted ? (values ?? []) : [],
  );
  return lines.length > 0 ? lines : single(event, wanted);
}
