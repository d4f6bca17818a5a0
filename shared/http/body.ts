// A body as it stands in an event: base64, or text that the gateway has decoded. What was no UTF-8 is changed for good
// then, every byte of it U+FFFD; that can only be seen.
import type { HttpRequest } from './message.ts';

export function bodyOf(
  text: string | null | undefined,
  isBase64: boolean,
  contentLength: string | undefined,
): Pick<HttpRequest, 'body' | 'isGarbled'> {
  if (text === null || text === undefined) return { body: undefined };
  const body = Buffer.from(text, isBase64 ? 'base64' : 'utf8');
  if (isBase64 || !text.includes('\ufffd')) return { body };
  // U+FFFD may have been sent: then it is as long as it was.
  return { body, isGarbled: Number(contentLength) !== body.length };
}
