// A Lambda handler of a REST API with response streaming, around the same functions over requests and answers: first
// the status and the header as JSON, eight NUL bytes, then the body as it comes.
//
// Once a body is on its way the stream is never destroyed: that would end the environment. An error that is thrown
// becomes a trailer, and the gateway cuts the answer, so that half a file is not taken for a whole one.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { BrokerError } from '#core/errors.ts';
import { logFailure, startLog } from '#shared/log.ts';
import { problem } from './answers.ts';
import { headOf } from './lambda.ts';
import type { AnswerStream, Handle, HttpAnswer, HttpRequest } from './message.ts';
import { restRequest } from './rest.ts';

/** `make` runs once per environment, at the first event: importing a function needs no environment. */
export function streamed(make: () => Handle) {
  let handle: Handle | undefined;
  return awslambda.streamifyResponse<APIGatewayProxyEvent>(async (event, out, context) => {
    startLog(event.requestContext.requestId);
    const left = leaving(out);
    const request = { ...restRequest(event, context as Context), left: left.signal };
    try {
      handle ??= make();
      await send(out, await answerOf(handle, request));
    } finally {
      // Whatever is still open for this event ends with it.
      left.abort();
    }
  });
}

/** Every failure before the first byte gets its public sentence here, and is logged here once. */
async function answerOf(handle: Handle, request: HttpRequest): Promise<HttpAnswer> {
  try {
    const answer = await handle(request);
    if (Buffer.byteLength(JSON.stringify(headOf(answer))) > mostHeadBytes) {
      throw new BrokerError('response_too_large', 'the header is more than Lambda takes');
    }
    return answer;
  } catch (fault) {
    logFailure(fault);
    return problem(fault, request);
  }
}

/** With the eight NUL bytes it has to be there within the first 16 KB. */
const mostHeadBytes = 16 * 1024 - 8;

async function send(out: Writable, answer: HttpAnswer): Promise<void> {
  const head = headOf(answer);
  const response = awslambda.HttpResponseStream.from(out, head);
  // The head goes before the first bytes, however few: with none it goes at once.
  response.write('');
  if (answer.body?.length) response.write(answer.body);
  try {
    if (answer.stream) await pass(answer.stream, response);
  } catch (fault) {
    // An event stream is never whole, and its reader comes back: its end is no failure.
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

/** The runtime's own `end` takes a callback and nothing else. */
function ended(response: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.on('close', resolve);
    response.end(resolve);
  });
}

/**
 * Lambda does not say that the browser has left (aws-lambda-nodejs-runtime-interface-client, issue 145): there, the
 * limit of a stream's time and the look at the session end it. Where it is said, it ends at once.
 */
function leaving(out: Writable): AbortController {
  const left = new AbortController();
  out.on('close', () => left.abort());
  out.on('error', () => left.abort());
  return left;
}

const isEventStream = (type = '') => /^\s*text\/event-stream\s*(;|$)/i.test(type);
