// The answer while the functions are being built: a 404 would look final to the app.
import type { IncomingMessage, ServerResponse } from 'node:http';

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Starting</title>
<p>The functions are being built. This page reloads by itself.</p></html>
`;

export function askForPatience(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const wantsPage = request.headers.accept?.includes('text/html');
  response.writeHead(503, {
    'content-type': wantsPage ? 'text/html; charset=utf-8' : 'application/json',
    'retry-after': '1',
    'cache-control': 'no-store',
  });
  response.end(wantsPage ? page : JSON.stringify({ message: 'The functions are being built' }));
}
