// Answers while something is not there yet: the functions, which are being built, or a dev server. A browser asks again
// by itself.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A 404 would look final to the app. */
export const askForPatience = (request: IncomingMessage, response: ServerResponse): void =>
  comeAgain(request, response, {
    status: 503,
    title: 'Starting',
    says: 'The functions are being built.',
  });

/** `says` is plain text of our own. */
export function comeAgain(
  request: IncomingMessage,
  response: ServerResponse,
  { status, title, says }: { status: number; title: string; says: string },
): void {
  request.resume();
  const wantsPage = request.headers.accept?.includes('text/html');
  response.writeHead(status, {
    'content-type': wantsPage ? 'text/html; charset=utf-8' : 'application/json',
    'retry-after': '1',
    'cache-control': 'no-store',
  });
  response.end(wantsPage ? page(title, says) : JSON.stringify({ message: says }));
}

const page = (title: string, says: string) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>${title}</title>
<p>${says} This page reloads by itself.</p></html>
`;
