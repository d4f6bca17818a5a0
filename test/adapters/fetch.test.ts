import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { heldFetch } from '#adapters/fetch.ts';
import { bodyOf, serve } from '#test/support/loopback.ts';

/** Collects garbage again and again, until the test ends. */
function collecting(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timer = setInterval(collect, 20);
  onTestFinished(() => clearInterval(timer));
}

// Nothing here holds the Request, as nothing in the core does.
const asked = (url: string, ms: number) =>
  heldFetch(new Request(url, { method: 'POST', body: 'x', signal: AbortSignal.timeout(ms) }));

test.each([
  ['its answer', () => {}],
  [
    'the end of its answer',
    (response: { write(text: string): unknown }) => void response.write('{"a":'),
  ],
])('a time-out holds while garbage is collected, for one that waits for %s', async (_what, say) => {
  const { origin } = await serve((_request, response) => say(response));
  collecting();
  const text = asked(origin, 300).then((answer) => answer.text());
  await expect(text).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('an answer comes with its status, its header and its body', async () => {
  const { origin } = await serve(async (request, response) => {
    response.writeHead(418, { 'dpop-nonce': 'n', 'content-type': 'application/json' });
    response.end(JSON.stringify({ got: (await bodyOf(request)).toString() }));
  });
  const answer = await asked(origin, 5_000);
  expect([answer.status, answer.headers.get('dpop-nonce')]).toEqual([418, 'n']);
  expect(await answer.json()).toEqual({ got: 'x' });
});

test('an answer without a body is one, too', async () => {
  const { origin } = await serve((_request, response) => response.writeHead(204).end());
  expect([(await asked(origin, 5_000)).status]).toEqual([204]);
});
