// Makes a Lambda handler for an HTTP API (payload 2.0) from a function that turns requests into answers.
import { isUtf8 } from 'node:buffer';
import middy from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type { Broker } from '#core/broker.ts';
import { mostBytes } from '#core/limits.ts';
import { logFailure, logOf } from '#shared/log.ts';
import { type Counting, reportSignatures } from '#shared/report-signatures.ts';
import { type ErrorPage, problem } from './answers.ts';
import { bodyOf } from './body.ts';
import { contextOf } from './in-time.ts';
import type { Handle, HttpAnswer, HttpRequest } from './message.ts';

/**
 * `make` runs once per environment, at the first event: importing a function needs no environment. `errorPage` is for
 * functions that people navigate to.
 */
export function lambda<Env extends Pick<Broker, 'clock'> & Counting>(
  make: () => Env,
  handle: Handle<Env>,
  errorPage?: (...of: [...Parameters<ErrorPage>, env: Env | undefined]) => HttpAnswer,
) {
  let env: Env | undefined;
  return middy()
    .use(answerFailures(errorPage && ((...failed) => errorPage(...failed, env))))
    .handler(async (event: APIGatewayProxyEventV2, lambda: Context) => {
      env ??= make();
      const request = toRequest(event);
      const context = contextOf(env, logOf(request.id), lambda.getRemainingTimeInMillis());
      try {
        return toResult(await handle(context, request));
      } finally {
        reportSignatures(env);
      }
    });
}

/** Every failure gets its public sentence here, and is logged once. */
function answerFailures(
  errorPage?: ErrorPage,
): middy.MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    onError: (failed) => {
      const request = toRequest(failed.event);
      logFailure(failed.error, request.id);
      failed.response = toResult(problem(failed.error, request, errorPage));
    },
  };
}

export function toRequest(event: APIGatewayProxyEventV2): HttpRequest {
  const { http, requestId } = event.requestContext;
  return {
    id: requestId,
    method: http.method.toUpperCase(),
    path: withoutStage(event),
    rawQuery: event.rawQueryString,
    headers: event.headers,
    // Function URLs and some emulators send only the header.
    cookies: event.cookies ?? event.headers.cookie?.split(/; ?/) ?? [],
    ...bodyOf(event.body, event.isBase64Encoded, event.headers['content-length']),
  };
}

/** A named stage precedes the path on the default URL only, not behind a custom domain. */
function withoutStage({ rawPath, requestContext: { stage, domainName } }: APIGatewayProxyEventV2) {
  const named = stage !== '$default' && domainName.includes('.execute-api.');
  return named && rawPath.startsWith(`/${stage}/`) ? rawPath.slice(stage.length + 1) : rawPath;
}

const everyAnswer = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // Nothing that an API answers ever runs as a page of this origin.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  vary: 'Cookie',
};

export function toResult(answer: HttpAnswer): APIGatewayProxyStructuredResultV2 {
  const head = headOf(answer);
  return { ...head, ...encoded(answer.body, head.headers) };
}

/** The status and headers that precede a body, on either front. */
export const headOf = ({ status, headers, cookies }: HttpAnswer) => ({
  statusCode: status,
  headers: { ...everyAnswer, ...headers } as Record<string, string>,
  ...(cookies && { cookies }),
});

/** Text is sent as text: base64 would use a third more of Lambda's 6 MB. */
function encoded(body: HttpAnswer['body'], headers: Record<string, string>) {
  if (body === undefined || typeof body === 'string') return { body: body ?? '' };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (isTextual(headers['content-type']) && isUtf8(bytes)) {
    const text = bytes.toString('utf8');
    if (fits(text, bytes.length)) return { body: text, isBase64Encoded: false };
  }
  return { body: bytes.toString('base64'), isBase64Encoded: true };
}

/** Lambda sends the answer as JSON, where one character may need six: then base64 is shorter. */
const fits = (text: string, bytes: number) =>
  bytes < mostBytes.text / 6 || Buffer.byteLength(JSON.stringify(text)) <= mostBytes.text;

const isTextual = (type = '') =>
  /^\s*(text\/|application\/([a-z0-9.+-]+\+)?(json|xml|javascript)\b)/i.test(type);
