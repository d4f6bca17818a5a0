// Makes a Lambda handler for a REST API with response streaming from the same functions. It sends the status and
// headers as JSON, eight NUL bytes, then the body as it comes.
//
// Once the body has begun, the stream is never destroyed: that would end the environment. A thrown error becomes a
// trailer, and the gateway cuts the answer, so that nobody takes half a file for a whole one.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { Broker } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import { lastMomentsMs, mostBytes } from '#core/limits.ts';
import { logFailure, logOf } from '#shared/log.ts';
import { type Counting, reportSignatures } from '#shared/report-signatures.ts';
import { problem } from './answers.ts';
import { headOf } from './http-api.ts';
import { contextOf } from './in-time.ts';
import type { AnswerStream, Handle, HttpAnswer, HttpRequest } from './message.ts';
import { restRequest } from './rest-api.ts';

/** `make` runs once per environment, at the first event: importing a function needs no environment. */
export function streamed<Env extends Pick<Broker, 'clock'> & Counting>(
  make: () => Env,
  handle: Handle<Env>,
) {
  let env: Env | undefined;
  return awslambda.streamifyResponse<APIGatewayProxyEvent>(async (event, out, lambda) => {
    const left = leaving(out);
    const lambdaMs = (lambda as Context).getRemainingTimeInMillis();
    const streaming = { mostMs: lambdaMs - lastMomentsMs, left: left.signal };
    const request = { ...restRequest(event), streaming };
    const answered = async () => {
      env ??= make();
      return handle(contextOf(env, logOf(request.id), lambdaMs), request);
    };
    try {
      const answer = await answerOf(answered, request);
      // The stream may last for minutes.
      reportSignatures(env);
      await send(out, answer);
    } finally {
      reportSignatures(env);
      // Ends whatever is still open for this event.
      left.abort();
    }
  });
}

/** Every failure before the first byte gets its public sentence here, and is logged once. */
async function answerOf(
  answered: () => Promise<HttpAnswer>,
  request: HttpRequest,
): Promise<HttpAnswer> {
  try {
    const answer = await answered();
    if (Buffer.byteLength(JSON.stringify(headOf(answer))) > mostBytes.streamHead - nulBytes) {
      throw new BrokerError('response_too_large', 'the header is larger than Lambda allows');
    }
    return answer;
  } catch (fault) {
    logFailure(fault, request.id);
    return problem(fault, request);
  }
}

/** They end the head. */
const nulBytes = 8;

async function send(out: Writable, answer: HttpAnswer): Promise<void> {
  const head = headOf(answer);
  const response = awslambda.HttpResponseStream.from(out, head);
  // The head is sent with the first bytes, or at once when there are none.
  response.write('');
  if (answer.body?.length) response.write(answer.body);
  try {
    if (answer.stream) await pass(answer.stream, response);
  } catch (fault) {
    // An event stream is never complete, and its reader reconnects: its end is no failure.
    const mayEnd = isEventStream(head.headers['content-type']) || response.destroyed;
    if (!mayEnd) throw answer.stream?.over.reason ?? fault;
  }
  await ended(response);
}

async function pass({ body, over }: AnswerStream, response: Writable): Promise<void> {
  for await (const chunk of body) {
    if (!response.write(chunk)) await once(response, 'drain', { signal: over });
  }
}

/** The runtime's own `end` accepts only a callback. */
function ended(response: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.on('close', resolve);
    response.end(resolve);
  });
}

/**
 * Lambda does not tell when the browser has left:
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/145. There, the stream's time limit and the
 * check of the session end it. Where the runtime tells, the stream ends at once.
 */
function leaving(out: Writable): AbortController {
  const left = new AbortController();
  out.on('close', () => left.abort());
  out.on('error', () => left.abort());
  return left;
}

const isEventStream = (type = '') => /^\s*text\/event-stream\s*(;|$)/i.test(type);
