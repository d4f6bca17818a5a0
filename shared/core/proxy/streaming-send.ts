// Sends on the streaming front: the answer is returned as soon as its header has come. Only an answer that must be
// judged, and may lead to another attempt, is read completely.
import { type Http, HttpFailure, type IncomingStream } from '#core/http.ts';
import type { Send } from './forward.ts';
import { isJudged } from './verdict.ts';

const nothing = Buffer.alloc(0);

export const streamingSend =
  ({ open }: Pick<Http, 'open'>): Send =>
  async (request, signal) => {
    const answer = await open(request, signal);
    const { status, headers } = answer;
    if (!isJudged(status)) return { status, headers, body: nothing, stream: answer.body };
    return { status, headers, body: await whole(answer, request) };
  };

async function whole(
  { body, cancel }: IncomingStream,
  { maxBytes, timeoutMs }: { maxBytes: number; timeoutMs: number },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    cancel();
  }, timeoutMs);
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) throw new HttpFailure('too_large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  } catch (fault) {
    throw late ? new HttpFailure('timeout') : fault;
  } finally {
    clearTimeout(timer);
  }
}
