// One environment of the proxy with its collaborators in memory and its upstream on loopback: what it was asked, what
// it asked of others, and how often.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { httpClient } from '#adapters/http/client.ts';
import { plainBodies } from '#adapters/http/plain-bodies.ts';
import type { Broker } from '#core/broker.ts';
import { nonceCache } from '#core/dpop/nonces.ts';
import { limitedSigner } from '#core/dpop/signing.ts';
import { newSecret } from '#core/lib/encoding.ts';
import type { LogEvent, SessionStore, SigningKey } from '#core/ports.ts';
import { type ProxyEnvironment, proxyEnvironment } from '#core/proxy/environment.ts';
import { streamingSend } from '#core/proxy/streaming-send.ts';
import { newRecord, type SessionContent, sealContent } from '#core/session/session.ts';
import { problem } from '#http/answers.ts';
import { apiCalls } from '#http/api-calls.ts';
import { setSessionCookie } from '#http/cookies.ts';
import { contextOf } from '#http/in-time.ts';
import type { HttpAnswer, HttpRequest } from '#http/message.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { memoryKey } from './keys.ts';
import { bodyOf, serve } from './loopback.ts';
import { memorySessions } from './memory-sessions.ts';
import { theRequest } from './requests.ts';
import { aConfig } from './routes.ts';

type RouteInput = NonNullable<ConfigInput['routes']>[number];

export interface Arrived {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  lines: string[];
  body: Buffer;
}

export type Upstream = (arrived: Arrived, response: ServerResponse, nth: number) => void;

export interface WorldOptions {
  /** Answers what arrives; 200 `{}` by default. */
  upstream?: Upstream;
  /** Besides `/bff/api/v1/*`, which leads to the upstream's `/api/v1` with every method. */
  routes?: (origin: string) => RouteInput[];
  route?: Partial<RouteInput>;
  /** The front that streams, which has the routes that stream; the buffered one by default. */
  streamed?: boolean;
  token?: (form: URLSearchParams, nth: number) => Response | Promise<Response>;
  key?: SigningKey;
  /** Around the store in memory. */
  sessions?: (store: SessionStore) => SessionStore;
  startAt?: number;
}

/** `lambdaMs` is what Lambda leaves for it. */
type Asked = HttpRequest & { lambdaMs?: number };

interface Environment extends Record<'handle' | 'thrown', (asked: Asked) => Promise<HttpAnswer>> {
  env: ProxyEnvironment;
}

export async function proxyWorld(options: WorldOptions = {}) {
  const arrived: Arrived[] = [];
  const upstream = await serve(async (request, response) => {
    const one: Arrived = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      lines: request.rawHeaders,
      body: await bodyOf(request),
    };
    arrived.push(one);
    const answer = options.upstream ?? ((_one, response) => json(response, {}));
    answer(one, response, arrived.length);
  });

  const key = options.key ?? (await memoryKey());
  let at = options.startAt ?? 1_800_000_000_000;
  const clock = { now: () => at };
  const counted = { reads: 0, signatures: 0, writes: 0, tokenCalls: 0 };
  const store = memorySessions(clock);
  const sessions = counting(options.sessions?.(store) ?? store, counted);
  const events: [string, Record<string, unknown>][] = [];
  const log: LogEvent = (name: string, fields: Record<string, unknown> = {}) =>
    events.push([name, fields]);
  const issuer = 'https://acme.okta.example';
  const config = aConfig({
    issuer,
    clientAuth: 'none',
    streaming: options.streamed ?? false,
    routes: [
      {
        path: '/bff/api/v1/*',
        upstream: `${upstream.origin}/api/v1`,
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
        stream: options.streamed ?? false,
        ...options.route,
      },
      ...(options.routes?.(upstream.origin) ?? []),
    ],
  });

  const countedKey: SigningKey = {
    ...key,
    async sign(data) {
      counted.signatures += 1;
      return key.sign(data);
    },
  };
  const environment = (): Environment => {
    const broker = {
      config,
      issuer: {
        metadata: async () => ({ issuer, token_endpoint: `${issuer}/oauth2/v1/token` }),
      },
      signer: limitedSigner({ key: async () => countedKey }),
      sessions,
      marks: { signedOutBefore: async () => 0 },
      nonces: nonceCache(),
      async fetch(request: Request) {
        counted.tokenCalls += 1;
        const form = new URLSearchParams(await request.text());
        if (!options.token) throw new TypeError('no token endpoint here');
        return options.token(form, counted.tokenCalls);
      },
      clock,
      learned: {},
      random: (size: number) => randomBytes(size),
    } as unknown as Broker;
    const client = httpClient();
    onTestFinished(() => client.close());
    const http = plainBodies(client);
    const env = proxyEnvironment(
      broker,
      options.streamed
        ? {
            send: streamingSend(http),
            streams: { longestMs: 60_000, checkMs: 5_000, mostPerSession: 8 },
          }
        : { send: http.send },
    );
    const thrown = ({ lambdaMs = 29_000, ...request }: Asked) =>
      apiCalls(contextOf(env, log, lambdaMs), request);
    return {
      env,
      thrown,
      // As the http layer does with what is thrown.
      handle: (request) => thrown(request).catch((fault) => problem(fault, request)),
    };
  };

  let first = environment();

  return {
    upstream: upstream.origin,
    arrived,
    counted,
    events,
    sessions,
    key,
    clock,
    later: (seconds: number) => {
      at += seconds * 1000;
    },
    /** A second environment over the same table; `call` goes to the first. */
    environment,
    /** The first one again, as after a cold start. */
    restart: () => {
      first = environment();
    },
    async signIn(content: Partial<SessionContent> = {}, stepUps = 0) {
      const secret = newSecret((size) => randomBytes(size));
      const token = `token-${randomBytes(6).toString('hex')}`;
      const now = clock.now() / 1000;
      const record = newRecord({ config, clock }, secret, {
        key,
        stepUps,
        index: { subject: content.subject ?? 'ada' },
        content: {
          subject: 'ada',
          access: { '': { token, expiresAt: now + 3_600, renewAt: now + 3_540 } },
          refreshToken: 'refresh-1',
          claims: {},
          ...content,
        },
      });
      await store.create(record);
      return { secret, token, id: record.id, record };
    },
    /** What a page of ours asks with the session's cookie. */
    async call(
      { secret }: { secret?: string },
      path: string,
      { lambdaMs = 29_000, ...more }: Partial<Asked> = {},
      { handle } = first,
    ): Promise<Answer> {
      const [rawPath = '', ...query] = path.split('?');
      const answer = await handle({
        ...theRequest({
          path: rawPath,
          rawQuery: query.join('?'),
          cookies: secret === undefined ? [] : [setSessionCookie(secret).split(';')[0] ?? ''],
          ...more,
          headers: { 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin', ...more.headers },
        }),
        lambdaMs,
      });
      const bytes = answer.stream
        ? await buffer(answer.stream.body)
        : Buffer.from(answer.body ?? '');
      return {
        status: answer.status,
        headers: answer.headers ?? {},
        cookies: answer.cookies ?? [],
        bytes,
        text: bytes.toString(),
        code: codeOf(bytes),
      };
    },
    /** Puts other content into a session, as a renewal elsewhere would. */
    async renewElsewhere({ secret, id }: { secret: string; id: string }, content: SessionContent) {
      const session = (await store.read(id))?.session;
      if (!session) throw new Error('no session');
      const owner = 'elsewhere';
      await store.takeLease(id, session.version, { owner, until: clock.now() });
      const sealed = sealContent(secret, { id, version: session.version + 1 }, content);
      await store.replaceTokens(
        id,
        { owner, version: session.version },
        { sealed, key: session.key },
      );
    },
  };
}

export type ProxyWorld = Awaited<ReturnType<typeof proxyWorld>>;

export interface Answer {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  bytes: Buffer;
  text: string;
  code: string | undefined;
}

export const json = (
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string | string[]> = {},
): void => {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(body));
};

function codeOf(bytes: Buffer): string | undefined {
  try {
    return (JSON.parse(bytes.toString()) as { code?: string }).code;
  } catch {
    return undefined;
  }
}

function counting(store: SessionStore, counted: { reads: number; writes: number }): SessionStore {
  return new Proxy(store, {
    get(target, name: keyof SessionStore) {
      const method = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (name === 'read') counted.reads += 1;
        else counted.writes += 1;
        return method.apply(target, args);
      };
    },
  });
}
