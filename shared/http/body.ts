// The body in an event is base64, or text that the gateway has decoded. A body that was not UTF-8 is lost by then: each
// bad byte has become U+FFFD, which this code can only detect.
import type { HttpRequest } from './message.ts';

export function bodyOf(
  text: string | null | undefined,
  isBase64: boolean,
  contentLength: string | undefined,
): Pick<HttpRequest, 'body' | 'isGarbled'> {
  if (text === null || text === undefined) return { body: undefined };
  const body = Buffer.from(text, isBase64 ? 'base64' : 'utf8');
  if (isBase64 || !text.includes('\ufffd')) return { body };
  // The caller may have sent U+FFFD itself: then the length is right.
  return { body, isGarbled: Number(contentLength) !== body.length };
}
