// The API behind the brokers: 1 kB of JSON after a set time. It counts, and checks that a token and a proof came.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerBody } from './answer-body.ts';
import { serve } from './child.ts';

serve(async ({ delayMs = 0 }: { delayMs?: number }) => {
  let delay = delayMs;
  let bare = 0;
  const server = createServer((request, response) => {
    const { authorization = '', dpop } = request.headers;
    if (!authorization.startsWith('DPoP ') || !dpop) bare += 1;
    const answer = () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answerBody),
      });
      response.end(answerBody);
    };
    if (delay > 0) setTimeout(answer, delay);
    else answer();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: async (question: { delayMs?: number }) => {
      if (question.delayMs !== undefined) delay = question.delayMs;
      return { withoutProof: bare };
    },
  };
});
