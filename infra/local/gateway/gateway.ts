// One origin on this machine, put together as CloudFront does it: the HTTP API and its functions under /bff, the REST
// API for streaming routes, the single-page app everywhere else.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { silenceMs, waitsMs } from '#core/limits.ts';
import { isOurHost } from '#infra/local/lib/hosts.ts';
import { type KeyAndCert, listenLocally } from '#infra/local/lib/listen.ts';
import type { Behavior } from '../../behaviors.ts';
import { type Api, handleApi } from './http-api/api.ts';
import type { PathDecoding } from './http-api/path.ts';
import { startInvokeApi } from './lambda/invoke.ts';
import { createFunctions, type Functions } from './lambda/lambda.ts';
import type { PoolLimits } from './lambda/pool.ts';
import type { LambdaFunction } from './lambda/variables.ts';
import { misdirected, refuse } from './refusals.ts';
import type { HeaderDecoding } from './request.ts';
import { handleRest, type RestApi } from './rest-api/api.ts';
import { createRouter } from './routes.ts';
import { createSpa, type SpaSource } from './site/spa.ts';
import { askForPatience } from './starting.ts';

export interface GatewayOptions extends Partial<PoolLimits> {
  /** 0: any free one. */
  port?: number;
  /** The port of the Lambda Invoke API. 0: any free one. */
  lambdaPort?: number | 'usual';
  /** With it, the app is on https. */
  tls?: KeyAndCert;
  spa?: SpaSource;
  /** Paths that exist only on this machine, by prefix. They take precedence over the app, but never over /bff. */
  mounts?: Record<string, RequestListener>;
  /** More hosts under which the app is served, as Host names them: a proxy in front, for example. */
  hosts?: () => readonly string[];
  timeoutMs?: number;
  pathDecoding?: PathDecoding;
  headerDecoding?: HeaderDecoding;
  /** How long a stream may be silent; 60 s on AWS. */
  silenceMs?: number;
  /** The most bytes of a stream; 200 MB on AWS. */
  mostStreamBytes?: number;
  /** Whether a streaming function learns that its client has left. On AWS it does not. */
  leaving?: RestApi['leaving'];
  onLog?: (functionName: string, line: string) => void;
}

export interface Gateway {
  /** http://localhost:port, or https with TLS. */
  url: string;
  port: number;
  /** For AWS_ENDPOINT_URL_LAMBDA. */
  lambdaUrl: string;
  /** Replaces all functions, and ends the environments of the earlier ones. `behaviors`: which paths stream. */
  deploy(functions: LambdaFunction[], behaviors?: readonly Behavior[]): Promise<void>;
  functions(): Functions;
  close(): Promise<void>;
}

/** Until the first deploy every answer is 503. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const headerDecoding = options.headerDecoding ?? 'latin1';
  const deployed = (list: LambdaFunction[], behaviors: readonly Behavior[]): Deployed => {
    const functions = createFunctions(list, limitsOf(options), options.onLog ?? (() => {}));
    const routerOf = (keysOf: (one: LambdaFunction) => readonly string[] | undefined) =>
      createRouter(
        list.flatMap((one) => (keysOf(one) ?? []).map((key) => ({ key, target: one.name }))),
      );
    return {
      functions,
      route: routerOf(({ routes }) => routes),
      timeoutMs: options.timeoutMs ?? waitsMs.httpApi,
      pathDecoding: options.pathDecoding ?? 'once',
      headerDecoding,
      rest: {
        functions,
        route: routerOf(({ restRoutes }) => restRoutes),
        headerDecoding,
        silenceMs: options.silenceMs ?? silenceMs,
        mostBytes: options.mostStreamBytes ?? 200 * 1024 * 1024,
        leaving: options.leaving ?? 'told',
      },
      behaviors,
    };
  };
  let api = deployed([], []);
  let starting = true;
  const spa = createSpa(options.spa);
  const { mounts = {}, hosts = () => [] } = options;

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? '/';
    if (starting) return askForPatience(request, response);
    if (streams(api.behaviors, url)) return handleRest(api.rest, request, response);
    if (isApi(url)) return handleApi(api, request, response);
    if (!isOurHost(request, hosts())) return misdirected(request, response);
    const mounted = Object.keys(mounts).find((prefix) => url.startsWith(prefix));
    return (mounts[mounted ?? ''] ?? spa.handle)(request, response);
  };

  const prepare = (server: Server) => {
    server.on('request', (request, response) => {
      Promise.resolve(handle(request, response)).catch((error: unknown) => {
        console.error('gateway:', error);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // HTTP APIs have no websockets.
      if (starting) refuse(socket, 503);
      else if (isApi(request.url ?? '/')) refuse(socket, 400, 'WebSockets are not supported here');
      else if (!isOurHost(request, hosts())) refuse(socket, 421);
      else spa.upgrade(request, socket, head);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      refuse(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400);
    });
  };

  const listening = await listenLocally(
    'gateway',
    options.port ?? 0,
    {
      tls: options.tls,
      maxHeaderSize: 64 * 1024,
      keepAliveTimeout: 75_000,
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    prepare,
  );
  const invokeApi = await startInvokeApi(options.lambdaPort ?? 0, () => api.functions).catch(
    async (error: unknown) => {
      await listening.close();
      throw error;
    },
  );

  return {
    url: `http${options.tls ? 's' : ''}://localhost:${listening.port}`,
    port: listening.port,
    lambdaUrl: `http://127.0.0.1:${invokeApi.port}`,
    async deploy(list, behaviors = []) {
      const before = api.functions;
      api = deployed(list, behaviors);
      starting = false;
      await before.end();
    },
    functions: () => api.functions,
    async close() {
      await Promise.all([listening.close(), invokeApi.close(), api.functions.end()]);
    },
  };
}

interface Deployed extends Api {
  rest: RestApi;
  behaviors: readonly Behavior[];
}

/** CloudFront uses the first behaviour that matches the path. */
function streams(behaviors: readonly Behavior[], url: string): boolean {
  const path = url.replace(/\?.*$/s, '');
  const fits = (pattern: string) =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
  return behaviors.find(({ pattern }) => fits(pattern))?.streams ?? false;
}

/** CloudFront's behaviour for /bff/* sees the path as it was sent. It leaves /bff itself to the app. */
const isApi = (url: string) => url.startsWith('/bff/');

function limitsOf({ containers, queue, idleMs }: GatewayOptions): Partial<PoolLimits> {
  return {
    ...(containers !== undefined && { containers }),
    ...(queue !== undefined && { queue }),
    ...(idleMs !== undefined && { idleMs }),
  };
}
